// Ships: search by name, MMSI or IMO; what one says of itself, and its days.

import { get, query, Refused } from "../api";
import { CLASSES, classOf } from "../classes";
import { badge, button, duration, figure, html, linesOf, shipName, time, words } from "../dom";
import { select, state } from "../state";
import { DAY, type Span } from "../time";
import type { Track, Vessel } from "../types";

const PAUSE_MS = 200;
let asked = "";

export function shipsPanel(): Node[] {
  const input = html("input", { class: "search", id: "search", type: "search", placeholder: "Name, MMSI or IMO", "aria-label": "Search ships by name, MMSI or IMO", value: asked, autocomplete: "off" });
  const said = html("p", { class: "quiet", role: "status" }, "The beginning of a word of the name, or of a number.");
  const list = html("ul", { class: "list", id: "found" });
  let waiting: ReturnType<typeof setTimeout>;
  const search = async (): Promise<void> => {
    asked = input.value.trim();
    const now = asked;
    if (!now) return list.replaceChildren();
    const found = await get<{ numberMatched: number; vessels: Vessel[] }>(`api/v1/vessels?${query({ q: now, limit: 50 })}`);
    if (now !== asked) return;
    said.textContent = found.numberMatched ? `${found.numberMatched} found` : "No ship here is called so.";
    list.replaceChildren(...found.vessels.map(item));
  };
  input.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => void search().catch((error: Error) => (said.textContent = error.message)), PAUSE_MS);
  });
  if (asked) void search();
  return [html("div", { class: "form" }, html("div", { class: "wide" }, input)), said, list];
}

function item(ship: Vessel): HTMLElement {
  const node = html(
    "button",
    { type: "button" },
    html("strong", {}, shipName(ship.name, ship.mmsi)),
    html("span", { class: "quiet" }, [`MMSI ${ship.mmsi}`, ship.imo && `IMO ${ship.imo}`, CLASSES[classOf(ship.ship_type)]!.name].filter(Boolean).join(" · ")),
  );
  node.addEventListener("click", () => select({ kind: "ship", id: String(ship.mmsi) }));
  return html("li", {}, node);
}

export interface ShipDay {
  day: string;
  fixes: number;
  first: number;
  last: number;
}

export function daysOf(track: Track): ShipDay[] {
  const days = new Map<string, ShipDay>();
  for (const text of track.properties.times.flat()) {
    const [day, t] = [text.slice(0, 10), Date.parse(text)];
    const known = days.get(day);
    if (!known) days.set(day, { day, fixes: 1, first: t, last: t });
    else {
      known.fixes++;
      known.last = t;
    }
  }
  return [...days.values()];
}

function days(track: Track, show: (span: Span) => void): HTMLElement {
  const row = ({ day, first, last }: ShipDay): HTMLElement => {
    const node = html("button", { type: "button" }, day, html("meter", { min: 0, max: DAY, value: last - first, "aria-label": "time between first and last fix" }), `${new Date(first).toISOString().slice(11, 16)}–${new Date(last).toISOString().slice(11, 16)} Z`);
    node.addEventListener("click", () => show({ from: Date.parse(day), to: Date.parse(day) + DAY }));
    return node;
  };
  return html("section", {}, html("h3", {}, "Days heard"), html("div", { class: "days" }, ...daysOf(track).map(row)));
}

const UNKNOWN: Omit<Vessel, "mmsi"> = { name: null, imo: null, callsign: null, ship_type: null, destination: null, draught_m: null };

export async function vessel(mmsi: number): Promise<Vessel> {
  return get<Vessel>(`api/v1/vessels/${mmsi}`).catch((error) => {
    if (error instanceof Refused && error.status === 404) return { mmsi, ...UNKNOWN };
    throw error;
  });
}

export function shipDetail(ship: Vessel, track: Track, show: (span: Span) => void): Node[] {
  const alerts = state.now.alerts.filter(({ properties }) => properties.mmsi === ship.mmsi);
  const pairs: [string, string][] = [
    ["MMSI", String(ship.mmsi)],
    ["IMO", ship.imo ? String(ship.imo) : "–"],
    ["Call sign", ship.callsign ?? "–"],
    ["Class", CLASSES[classOf(ship.ship_type)]!.name],
    ["Destination", ship.destination ?? "–"],
    ["Draught", figure(ship.draught_m, 1, "m")],
  ];
  const listed = alerts.map((alert) => {
    const node = html("button", { type: "button" }, html("span", { class: "line" }, badge(alert.properties.severity), html("strong", {}, words(alert.properties.kind)), html("span", { class: "quiet" }, time(alert.properties.raised))));
    node.addEventListener("click", () => select({ kind: "alert", id: alert.id }));
    return html("li", { class: alert.properties.severity }, node);
  });
  const { gaps, modelled } = track.properties;
  return [
    button("← All ships", () => {
      state.set({ tab: "ships" });
      select(null);
    }, { class: "back" }),
    html("header", {}, html("h2", {}, shipName(ship.name, ship.mmsi)), html("p", { class: "quiet" }, "As the ship says of itself; nobody checks it.")),
    html("dl", {}, ...pairs.map(([name, value]) => html("div", {}, html("dt", {}, name), html("dd", {}, value)))),
    ...(modelled.length ? [html("p", { class: "note" }, `Not recorded: ${modelled.map((span) => `${time(span.from)} to ${time(span.to)} ${span.origin}`).join("; ")}.`)] : []),
    ...(listed.length ? [html("section", {}, html("h3", {}, "Alerts"), html("ul", { class: "list" }, ...listed))] : []),
    ...(linesOf(track.geometry).length ? [days(track, show)] : [html("p", { class: "quiet" }, "No fix of this ship is stored.")]),
    ...(gaps.length ? [html("p", { class: "quiet" }, `Without a fix: ${gaps.slice(0, 20).map((gap) => `${time(gap.start)}, ${duration(Date.parse(gap.end) - Date.parse(gap.start))}`).join("; ")}.`)] : []),
    html("p", { class: "quiet row" }, ...["geojson", "gpx", "kml", "csv"].map((form) => html("a", { href: `api/v1/vessels/${ship.mmsi}/track?f=${form}` }, `Track as ${form.toUpperCase()}`))),
  ];
}
