// Cables: the list, what happened at one, and who was there.

import { get, newest, query } from "../api";
import { badge, button, counted, dayTime, figure, html, origin, shipName, table, time, words } from "../dom";
import { select, state } from "../state";
import { HOUR, iso, type Span } from "../time";
import type { Cable, CableDetail, Crossing, Page, Ranked, Ranking } from "../types";

const CROSSINGS = 50;

export function cablesPanel(): Node[] {
  const { cables } = state.now;
  if (!cables.length) return [html("p", { class: "quiet" }, "This store knows no cables.")];
  const item = ({ properties }: Cable) => {
    const node = html(
      "button",
      { type: "button", id: `cable-${properties.id}` },
      html("strong", {}, properties.name || properties.id),
      html("span", { class: "quiet" }, [words(properties.kind || "cable"), properties.owner, properties.position_class && `route ${properties.position_class}`].filter(Boolean).join(" · ")),
    );
    node.addEventListener("click", () => select({ kind: "cable", id: properties.id }));
    return html("li", {}, node);
  };
  const byName = [...cables].sort((a, b) => (a.properties.name || a.id).localeCompare(b.properties.name || b.id));
  return [html("ul", { class: "list" }, ...byName.map(item))];
}

function facts({ properties: said }: CableDetail): HTMLElement {
  const km = (metres: number | null) => figure(metres === null ? null : metres / 1000, 1, "km");
  const pairs: [string, string][] = [
    ["Kind", words(said.kind || "not said")],
    ["Owner", said.owner || "–"],
    ["Status", said.status || "–"],
    ["Length as published", figure(said.published_length_km, 0, "km")],
    ["Route is", said.position_class || "–"],
    ["May lie off by", km(said.position_uncertainty_m)],
    ["Protection zone, each side", km(said.protection_zone_m)],
    ["Route from", said.source || "–"],
  ];
  return html("dl", {}, ...pairs.map(([name, value]) => html("div", {}, html("dt", {}, name), html("dd", {}, value))));
}

function days({ statistics }: CableDetail, show: (span: Span) => void): HTMLElement {
  const most = statistics.days.reduce((most, day) => Math.max(most, day.crossings), 1);
  const row = (day: (typeof statistics.days)[number]) => {
    const from = Date.parse(day.day);
    const alerts = day.alerts.reduce((sum, one) => sum + one.count, 0);
    const node = html("button", { type: "button" }, day.day, html("meter", { min: 0, max: most, value: day.crossings, "aria-label": "crossings" }), `${counted(day.crossings, "crossing")}${alerts ? `, ${counted(alerts, "alert")}` : ""}`);
    node.addEventListener("click", () => show({ from, to: from + 24 * HOUR }));
    return node;
  };
  return html(
    "section",
    {},
    html("h3", {}, `${counted(statistics.crossings, "crossing")}, ${counted(statistics.alerts, "alert")}`),
    html("div", { class: "days" }, ...statistics.days.map(row)),
  );
}

function crossings(page: Page<Crossing>, go: (at: number) => void): HTMLElement {
  const rows = page.features.map(({ properties: said }) => [
    button(dayTime(said.time), () => go(Date.parse(said.time))),
    button(shipName(said.name, said.mmsi), () => select({ kind: "ship", id: String(said.mmsi) })),
    figure(said.km, 1),
    figure(said.sog_at_kn, 1, "kn"),
    said.inferred ? "inferred" : "",
  ]);
  const shown = page.features.length < page.numberMatched ? `${page.features.length} of ${page.numberMatched} ` : "";
  return html("section", {}, table(`Who crossed, ${shown}in the time shown`, ["Time", "Ship", "km", "Speed", ""], rows) ?? html("p", { class: "quiet" }, "Nobody crossed it in the time shown below the map."));
}

function suspect({ properties: said }: Ranked, go: (at: number) => void): HTMLElement {
  const node = html(
    "button",
    { type: "button" },
    html("span", { class: "line" }, html("span", {}, `${said.rank}.`), html("strong", {}, shipName(said.name, said.mmsi)), origin(said.positions && said.positions !== "as archived" ? said.positions : null), html("span", {}, figure(said.score, 1, "nats"))),
    html("span", { class: "quiet" }, [said.how && words(said.how), said.time && time(said.time), said.km !== null && `km ${figure(said.km, 1)}`, said.sog_at_kn !== null && figure(said.sog_at_kn, 1, "kn")].filter(Boolean).join(" · ")),
    ...(said.evidence ?? []).slice(0, 3).map((term) => html("span", {}, term.text)),
  );
  node.addEventListener("click", () => {
    if (said.time) go(Date.parse(said.time));
    if (said.alert) select({ kind: "alert", id: said.alert });
  });
  return html("li", { class: said.rank === 1 ? "critical" : "warning" }, node);
}

function answer(ranking: Ranking, go: (at: number) => void): Node[] {
  const suspects = ranking.features.filter((one) => one.properties.role === "suspect");
  const others = ranking.features.filter((one) => one.properties.role === "why_not").slice(0, 20);
  const notes = [...ranking.notes];
  if (suspects.length) notes.push("By evidence: sums of log-likelihood ratios, no probabilities. The first is drawn thickest.");
  else if (!notes.length) notes.push("No ship crossed it, or may have, in this time.");
  return [
    ...notes.map((note) => html("p", { class: "quiet" }, note)),
    html("ol", { class: "list", id: "suspects" }, ...suspects.map((one) => suspect(one, go))),
    ...(others.length ? [html("h3", {}, "Why not the others"), html("ul", { class: "history" }, ...others.map(({ properties: said }) => html("li", {}, html("strong", {}, `${shipName(said.name, said.mmsi)}: `), said.text ?? words(said.reason ?? ""))))] : []),
  ];
}

export interface CableHandlers {
  go: (at: number) => void;
  show: (span: Span) => void;
  drawn: (ranking: Ranking | null) => void;
}

// "Who was here": the ranking of ships for a place and a time.
function whoWasHere(id: string, window: Span, handlers: CableHandlers): HTMLElement {
  const field = (name: string, label: string, value: string, more: Record<string, string | boolean> = {}) => {
    const input = html("input", { id: name, value, ...more });
    return [html("label", {}, label, input), input] as const;
  };
  const text = (ms: number) => iso(Math.round(ms / 60_000) * 60_000);
  const [fromLabel, from] = field("who-from", "From, UTC", text(window.from), { required: true });
  const [toLabel, to] = field("who-to", "To, UTC", text(window.to), { required: true });
  const [atLabel, at] = field("who-at", "At km, or lon,lat", "", { placeholder: "all of it" });
  const [errorLabel, error] = field("who-error", "give or take, km", "2", { inputmode: "decimal" });
  const found = html("div", { class: "wide", "aria-live": "polite" });
  const form = html("form", { class: "form" }, fromLabel, toLabel, atLabel, errorLabel, html("button", { class: "wide", id: "who-ask" }, "Who was here?"), found);
  const asking = newest<Ranking>();
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    found.replaceChildren(html("p", { class: "quiet" }, "Looking at every ship of that time …"));
    try {
      const asked = query({ ranked: "true", datetime: `${from.value.trim()}/${to.value.trim()}`, at: at.value.trim(), at_error: at.value.trim() && error.value.trim(), limit: 50 });
      const ranking = await asking(get<Ranking>(`api/v1/cables/${encodeURIComponent(id)}/crossings?${asked}`));
      if (!ranking || !form.isConnected) return;
      handlers.drawn(ranking);
      found.replaceChildren(...answer(ranking, handlers.go));
    } catch (problem) {
      found.replaceChildren(html("p", { class: "note" }, (problem as Error).message));
    }
  });
  return html("section", {}, html("h3", {}, "Who was here"), html("p", { class: "quiet" }, "After a fault: the ships that crossed it or may have, ranked by evidence."), form);
}

export async function cableDetail(id: string, window: Span, moment: number, handlers: CableHandlers): Promise<{ cable: CableDetail; nodes: Node[] }> {
  const at = `api/v1/cables/${encodeURIComponent(id)}`;
  const shown = `${iso(window.from)}/${iso(window.to)}`;
  const cable = await get<CableDetail>(at);
  const page = await get<Page<Crossing>>(`${at}/crossings?${query({ datetime: shown, limit: CROSSINGS })}`);
  const near = state.now.alerts.filter(({ properties: said }) => said.cables.some((met) => met.id === id) || said.next_cables.some((next) => next.id === id));
  const alerts = near.map((alert) => {
    const node = html("button", { type: "button" }, html("span", { class: "line" }, badge(alert.properties.severity), html("strong", {}, shipName(alert.properties.name, alert.properties.mmsi)), html("span", { class: "quiet" }, words(alert.properties.kind))));
    node.addEventListener("click", () => select({ kind: "alert", id: alert.id }));
    return html("li", { class: alert.properties.severity }, node);
  });
  const wide = window.to - window.from > 4 * HOUR;
  const asked = wide ? { from: moment - 2 * HOUR, to: moment + 2 * HOUR } : window;
  const nodes = [
    button("← All cables", () => {
      state.set({ tab: "cables" });
      select(null);
    }, { class: "back" }),
    html("header", {}, html("h2", {}, cable.properties.name || id), html("p", { class: "quiet" }, "Line: the route as known. Bands: its protection zone, and how far it may lie off.")),
    facts(cable),
    ...(alerts.length ? [html("section", {}, html("h3", {}, "Alerts"), html("ul", { class: "list" }, ...alerts))] : []),
    days(cable, handlers.show),
    crossings(page, handlers.go),
    whoWasHere(id, asked, handlers),
  ];
  return { cable, nodes };
}
