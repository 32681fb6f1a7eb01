// What one alert says, as it was known at the moment that is shown: next cables first, then what was
// crossed, then why.

import { badge, button, counted, countdown, dayTime, duration, figure, html, METRES_IN_NMI, origin, shipName, table, time, words } from "../dom";
import { cableName, isCrossing, select, state } from "../state";
import { palette } from "../theme";
import type { Curves } from "../timeline/curves";
import type { AlertProperties, AlertWithHistory, Met, Track } from "../types";
import { evidence } from "./evidence";

export interface Handlers {
  go: (at: number) => void;
  play: (from: number) => void;
}

// The newest version that was known at a moment, the first one from when it was raised; null before.
export function knownAt(alert: AlertWithHistory, at: number): AlertProperties | null {
  const before = alert.history.filter(({ properties }) => Date.parse(properties.updated) <= at);
  const known = before.length || Date.parse(alert.properties.raised) > at ? before : alert.history.slice(0, 1);
  const newest = known.reduce<AlertProperties | null>((best, { properties }) => (!best || properties.updated >= best.updated ? properties : best), null);
  return newest && { ...newest, name: alert.properties.name || newest.name, review: alert.properties.review, modelled: alert.properties.modelled ?? null };
}

function modelledText(modelled: string, track: Track): string {
  if (modelled === "invented") return "This ship does not exist: its positions are invented.";
  const spans = track.properties.modelled.map((span) => `${time(span.from)} to ${time(span.to)}`);
  return `Positions ${spans.join(", ")} were never recorded: a model reconstructs them. What follows shows that the pipeline works, not that the detector does.`;
}

export function ahead(said: AlertProperties, at: number): HTMLElement | null {
  const [next] = said.next_cables;
  if (!next || said.state === "closed") return null;
  return html(
    "p",
    { class: "countdown" },
    html("span", { class: "quiet" }, "Next cable on present course and speed"),
    html("strong", {}, `${cableName(next.id)} ${countdown(Date.parse(next.eta) - at)}`),
    html("span", {}, `${figure(next.distance_m === null ? null : next.distance_m / METRES_IN_NMI, 1, "nmi")}, reached ${time(next.eta)}`),
  );
}

function how(crossing: Met): HTMLElement | null {
  const text = !isCrossing(crossing) ? "in its corridor, not crossed" : crossing.inferred ? "inferred across a gap" : "";
  return text ? html("span", { class: "quiet under" }, text) : null;
}

function met(said: AlertProperties, go: (at: number) => void): HTMLElement | null {
  return table(
    "Cables met",
    ["Cable", "Time", "km", "Angle", "Speed"],
    said.cables.map((crossing) => [
      html("span", {}, button(cableName(crossing.id), () => select({ kind: "cable", id: crossing.id })), how(crossing)),
      button(dayTime(crossing.time), () => go(Date.parse(crossing.time)), { title: "Show this moment" }),
      figure(crossing.km, 1),
      figure(crossing.angle_deg, 0, "°"),
      figure(crossing.sog_kn, 1, "kn"),
    ]),
  );
}

function history(alert: AlertWithHistory, go: (at: number) => void): HTMLElement {
  const steps = alert.timeline.severities.map(({ severity, from }) => html("li", {}, badge(severity), " from ", button(time(from), () => go(Date.parse(from)))));
  const named = alert.timeline.named.map((cable) => {
    const lead = cable.crossed ? `, ${duration((cable.lead_h ?? 0) * 3_600_000)} before it was crossed` : "; not crossed since";
    return html("li", {}, `${cableName(cable.id)} named as next at ${time(cable.named)}, while ${cable.severity}${lead}`);
  });
  return html("section", {}, html("h3", {}, "History"), html("ul", { class: "history" }, ...steps, ...named));
}

function facts(said: AlertProperties): HTMLElement {
  const pairs: [string, string][] = [
    ["Started", time(said.started)],
    ["Raised", time(said.raised)],
    ["Updated", time(said.updated)],
    ["Ended", said.ended ? time(said.ended) : "open"],
    ["Probability", figure(said.probability, 2)],
    ["Routes are", said.geometry_confidence],
    ["Heard by", said.stations.join(", ") || "not recorded"],
    ["Rule", said.rule_version],
    ["Source", said.source],
  ];
  return html("dl", {}, ...pairs.map(([name, value]) => html("div", {}, html("dt", {}, name), html("dd", {}, value))));
}

function ramp(): HTMLElement {
  const said = palette();
  const steps = [0, 1, 2, 3, 4].map((n) => {
    const node = html("i");
    node.style.background = said(`score-${n}`);
    return node;
  });
  return html("p", { class: "ramp" }, "Track: score low", ...steps, "high");
}

function gaps(track: Track): HTMLElement | null {
  const { gaps } = track.properties;
  if (!gaps.length) return null;
  const each = gaps.map((gap) => `${time(gap.start)} to ${time(gap.end)} (${duration(Date.parse(gap.end) - Date.parse(gap.start))})`);
  return html("p", { class: "quiet" }, `Without a fix: ${each.join("; ")}.`);
}

function away(alert: AlertWithHistory): HTMLElement {
  const at = `api/v1/alerts/${encodeURIComponent(alert.id)}`;
  const link = (href: string, text: string) => html("a", { href }, text);
  return html(
    "section",
    {},
    html("h3", {}, "For somebody else"),
    ...(alert.reported
      ? [html("p", {}, html("a", { href: `${at}?f=report`, id: "report" }, "Open the report"))]
      : [html("p", { class: "quiet" }, "A report that anyone can check; made into the store, it is opened from here:"), html("code", {}, `cablewatch report ${alert.id} --store STORE --out STORE`)]),
    html("p", { class: "quiet row" }, link(at, "GeoJSON"), link(`${at}?f=cap`, "CAP"), link(`${at}?f=cot`, "Cursor on Target"), link(`api/v1/vessels/${alert.properties.mmsi}/track?f=gpx`, "Track as GPX")),
  );
}

// `reviewed` is the same node in each version, with what somebody writes in it.
export function alertDetail(alert: AlertWithHistory, track: Track, curves: Curves, reviewed: HTMLElement, { go, play }: Handlers): Node[] {
  const at = state.now.minute || Date.parse(alert.properties.updated); // before there is a time: all that is known
  const known = knownAt(alert, at + 60_000);
  const said = known ?? alert.properties;
  return [
    button("← All alerts", () => select(null), { class: "back" }),
    html(
      "header",
      {},
      html("p", { class: "line" }, badge(said.severity), html("span", {}, `${words(said.kind)}, ${said.state}`), origin(alert.properties.modelled)),
      html("h2", {}, shipName(said.name, said.mmsi)),
      button(`MMSI ${said.mmsi}`, () => select({ kind: "ship", id: String(said.mmsi) })),
    ),
    known ? ahead(said, at) : html("p", { class: "note" }, `At this moment the alert is not raised yet: that comes ${time(alert.properties.raised)}. Below is how it ends.`),
    html("div", { class: "row" }, button("Play from the start", () => play(Date.parse(alert.properties.started)), { id: "play-alert" }), button("Moment it was raised", () => go(Date.parse(alert.properties.raised)))),
    alert.properties.modelled ? html("p", { class: "note" }, modelledText(alert.properties.modelled, track)) : null,
    table(
      "Next cables on present course and speed",
      ["Cable", "Distance", "Reached"],
      said.state === "closed" ? [] : said.next_cables.map((next) => [cableName(next.id), figure(next.distance_m === null ? null : next.distance_m / METRES_IN_NMI, 1, "nmi"), time(next.eta)]),
    ),
    met(said, go),
    reviewed,
    ramp(),
    evidence(said.evidence, curves.terms.map((term) => term.name)),
    said.suppressed_by.length ? html("p", { class: "note" }, `Score lowered by: ${said.suppressed_by.map(words).join(", ")}.`) : null,
    history(alert, go),
    facts(said),
    gaps(track),
    away(alert),
    html("p", { class: "quiet" }, `${counted(alert.history.length, "stored version")}. An alert names behaviour, never intent.`),
  ].filter((node): node is HTMLElement => node !== null);
}
