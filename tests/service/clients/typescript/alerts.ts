import createClient from "openapi-fetch";
import type { components, operations, paths } from "./cablewatch.js";

type Alert = components["schemas"]["AlertFeature"];
type Filters = NonNullable<operations["listAlerts"]["parameters"]["query"]>;

const [service = "http://127.0.0.1:8000", key] = process.argv.slice(2);
const headers = key ? { Authorization: `Bearer ${key}` } : {};
const api = createClient<paths, `${string}/${string}json`>({ baseUrl: service, headers });

async function* alerts(filters: Filters): AsyncGenerator<Alert> {
  let cursor: string | undefined;
  do {
    const { data, error } = await api.GET("/api/v1/alerts", {
      params: { query: { ...filters, cursor } },
    });
    if (error) throw new Error(error.detail);
    yield* data.features;
    const next = data.links.find((link) => link.rel === "next");
    cursor = next && (new URL(next.href, service).searchParams.get("cursor") ?? undefined);
  } while (cursor);
}

for await (const alert of alerts({ kind: ["anchor_drag", "loitering"], severity: "watch", limit: 1 })) {
  const { kind, severity, name, next_cables } = alert.properties;
  console.log([alert.id, kind, severity, name, next_cables[0]?.id ?? "-"].join(" | "));
}

const { data: alert } = await api.GET("/api/v1/alerts/{alert_id}", {
  params: { path: { alert_id: "alert000" } },
});
for (const { name, value, unit, contribution } of alert?.properties.evidence ?? []) {
  console.log([name, value?.toFixed(2) ?? "-", unit, contribution?.toFixed(2) ?? "-"].join(" | "));
}

const { error: problem } = await api.GET("/api/v1/alerts", { params: { query: { limit: 0 } } });
console.log([problem?.status, problem?.title, problem?.errors[0]?.parameter].join(" | "));
