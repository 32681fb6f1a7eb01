// The list of alerts: filters, gravest first, each with the cable it met last and the one that is next.

import { get, newest, query } from "../api";
import { badge, button, byId, countdown, dayTime, figure, html, origin, shipName, time, words } from "../dom";
import { byUrgency, cableName, isCrossing, passes, select, SEVERITIES, state, type Filters } from "../state";
import type { Alert, Page } from "../types";

const KINDS = ["anchor_drag", "anchor_drag_at_anchor", "anchored_on_cable", "loitering", "drifting", "silence", "identity", "integrity"];
const NOTHING = {
  found: "No alerts: no ship did over these cables what the rules look for. That is a result, not an error.",
  read: "No alerts: there is no fix in this store yet.",
  filtered: "No alert passes these filters.",
};

const listed = newest<Page<Alert>>();

export async function loadAlerts(more = false): Promise<void> {
  const { filters, more: next, alerts } = state.now;
  const url = more && next ? next : `api/v1/alerts?${query({ sort: "-severity", limit: 200, ...filters })}`;
  const page = await listed(get(url.replace(/^\//, "")));
  if (!page) return;
  state.set({
    alerts: [...(more ? alerts : []), ...page.features].sort(byUrgency),
    matched: page.numberMatched,
    more: page.links.find((link) => link.rel === "next")?.href ?? null,
  });
}

// An alert that the stream told of, new or another version of one.
export function heard(alert: Alert): "raised" | "updated" {
  const { alerts, filters, matched } = state.now;
  const known = alerts.find((one) => one.id === alert.id);
  if (known && known.properties.updated > alert.properties.updated) return "updated";
  const others = alerts.filter((one) => one.id !== alert.id);
  const listed = passes(filters, alert.properties) ? [...others, alert].sort(byUrgency) : others;
  state.set({ alerts: listed, matched: matched + listed.length - alerts.length, arrived: known ? null : alert.id });
  return known ? "updated" : "raised";
}

function item(alert: Alert, minute: number, arrived: string | null): HTMLElement {
  const said = alert.properties;
  const next = said.next_cables[0];
  const met = said.cables.filter(isCrossing).at(-1) ?? said.cables.at(-1);
  const later = minute > 0 && Date.parse(said.raised) > minute + 60_000;
  const node = html(
    "button",
    { type: "button", id: `alert-${said.id}` },
    html("span", { class: "line" }, badge(said.severity), html("strong", {}, shipName(said.name, said.mmsi)), origin(said.modelled), html("span", {}, figure(said.probability, 2))),
    html("span", { class: "quiet" }, [words(said.kind), later ? `raised later, ${time(said.raised)}` : `raised ${time(said.raised)}`, said.state === "closed" ? "closed" : "", said.review === "new" ? "" : said.review].filter(Boolean).join(" · ")),
    met && html("span", {}, `${isCrossing(met) ? "Crossed" : "In the corridor of"} ${cableName(met.id)} ${dayTime(met.time)}, km\u00a0${figure(met.km, 1)}`),
    next && html("span", { class: "next" }, `Next ${cableName(next.id)} ${countdown(Date.parse(next.eta) - Math.max(minute, Date.parse(said.raised)))}`),
  );
  node.addEventListener("click", () => select({ kind: "alert", id: said.id }));
  return html("li", { class: [said.severity, later ? "later" : "", said.id === arrived ? "arrived" : ""].join(" ") }, node);
}

function filter(name: keyof Filters, label: string, values: string[], all: string, chosen: string): HTMLElement {
  const list = html("select", { id: `filter-${name}` }, new Option(all, ""), ...values.map((value) => new Option(words(value), value, false, value === chosen)));
  list.addEventListener("change", () => {
    state.set({ filters: { ...state.now.filters, [name]: list.value }, more: null });
    byId(`filter-${name}`).focus();
  });
  return html("label", {}, label, list);
}

export function firstRun(): HTMLElement {
  return html(
    "div",
    { class: "form" },
    html("p", { class: "wide" }, "This store is empty. Fill it, and this page shows what is in it by itself:"),
    html("p", { class: "wide" }, "An archive of AIS, played through the detectors", html("code", {}, "cablewatch replay ARCHIVE --store STORE")),
    html("p", { class: "wide" }, "A receiver or a feed, as it comes", html("code", {}, "cablewatch watch tcp://HOST:PORT --store STORE --serve")),
    html("p", { class: "wide" }, "The Yi Peng 3 window of November 2024, to look around", html("code", {}, "cablewatch demo")),
  );
}

export function alertsPanel(): Node[] {
  const { alerts, filters, minute, matched, more, run, arrived } = state.now;
  const filtered = Object.values(filters).some(Boolean);
  const empty = run && !run.replays.length && !run.from && !alerts.length;
  byId("count").textContent = alerts.length < matched ? `${alerts.length} of ${matched}` : `${alerts.length}`;
  if (empty && !filtered) return [firstRun()];
  return [
    html(
      "div",
      { class: "filters" },
      filter("severity", "Least severity", SEVERITIES.slice(1), "Any", filters.severity),
      filter("kind", "Kind", KINDS, "All kinds", filters.kind),
      filter("state", "State", ["open", "closed"], "Open and closed", filters.state),
      filter("review", "Review", ["new", "acknowledged", "confirmed", "dismissed"], "Any", filters.review),
    ),
    alerts.length ? html("ol", { class: "list", id: "alerts" }, ...alerts.map((alert) => item(alert, minute, arrived))) : html("p", { class: "quiet" }, NOTHING[filtered ? "filtered" : run?.from ? "found" : "read"]),
    ...(more ? [button("Show more", () => void loadAlerts(true), { id: "more" })] : []),
  ];
}
