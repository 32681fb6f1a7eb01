// What the map shows of cables, alerts and a chosen ship, as GeoJSON for the layers of the style.

import type { Feature, FeatureCollection, Geometry as Shape } from "geojson";
import { dayTime, figure, linesOf } from "../dom";
import { cableName, isCrossing } from "../state";
import type { Palette } from "../theme";
import type { Curves } from "../timeline/curves";
import type { Alert, AlertProperties, AlertWithHistory, Cable, Geometry, Position, Ranking, Track } from "../types";
import { collection } from "./chart";

const PX_AT_0 = 512 / 40_075_016.686; // pixels a metre at the equator
const LONG_WAY = 180;

const feature = (geometry: Geometry, properties: object): Feature => ({ type: "Feature", geometry: geometry as Shape, properties });
const line = (coordinates: Position[], properties: object): Feature => feature({ type: "LineString", coordinates }, properties);

// Widths of the bands of a route: its zone, and how far it may lie off, on both sides.
export function bands(cable: Cable): { zone: number; uncertain: number } {
  const lats = linesOf(cable.geometry).flat().map(([, lat]) => lat);
  const mean = lats.reduce((sum, lat) => sum + lat, 0) / Math.max(lats.length, 1);
  const width = (metres: number) => (2 * metres * PX_AT_0) / Math.cos((mean * Math.PI) / 180);
  const { protection_zone_m: zone, position_uncertainty_m: off } = cable.properties;
  return { zone: width(zone ?? 0), uncertain: width((zone ?? 0) + (off ?? 0)) };
}

export function drawnCables(cables: Cable[], said: AlertProperties | null, chosen: string | null): FeatureCollection {
  const next = said?.state === "open" ? said.next_cables[0]?.id : null;
  const crossed = new Set(said?.cables.filter(isCrossing).map((met) => met.id));
  const some = Boolean(said || chosen);
  const role = (id: string) => (id === chosen ? "chosen" : id === next ? "next" : crossed.has(id) ? "crossed" : some ? "other" : "plain");
  return collection(
    cables.map((cable) => feature(cable.geometry, { id: cable.properties.id, name: cable.properties.name || cable.properties.id, role: role(cable.properties.id), ...bands(cable) })),
  );
}

export function drawnAlerts(alerts: Alert[], at: number, chosen: string | null): FeatureCollection {
  const shown = alerts.filter((alert) => alert.id !== chosen && alert.geometry && Date.parse(alert.properties.raised) <= at);
  return collection([...shown].reverse().map((alert) => feature(alert.geometry, { id: alert.id, severity: alert.properties.severity, updated: alert.properties.updated })));
}

// Where the ship was at a time: on the track, straight between two vertices, also across a gap.
export function positionAt(times: number[], positions: Position[], moment: number): Position | null {
  const after = times.findIndex((t) => t >= moment);
  if (after < 0 || (after === 0 && times[0]! > moment)) return null;
  if (after === 0) return positions[0]!;
  const [a, b] = [positions[after - 1]!, positions[after]!];
  const share = (moment - times[after - 1]!) / Math.max(times[after]! - times[after - 1]!, 1);
  return [a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])];
}

// The colour of a sum of evidence: five steps from none to the most of this alert.
export const scoreStep = (total: number, most: number): number => (total <= 0 ? 0 : Math.min(4, 1 + Math.floor((total / Math.max(most, 1e-9)) * 3.999)));

// Pieces of the track, each in the colour of the evidence that was known then.
export function drawnTrack(track: Track, curves: Curves | null, said: Palette): FeatureCollection {
  const lines = linesOf(track.geometry);
  const total = curves?.total ?? { t: [], v: [] };
  const most = total.v.reduce((a, b) => Math.max(a, b), 0);
  const features: Feature[] = [];
  lines.forEach((positions, n) => {
    const times = (track.properties.times[n] ?? []).map(Date.parse);
    let [version, from] = [-1, 0];
    const piece = (to: number) => {
      const step = version < 0 ? 0 : scoreStep(total.v[version]!, most);
      if (to > from) features.push(line(positions.slice(from, to + 1), { colour: said(`score-${step}`) }));
      from = to;
    };
    times.forEach((t, row) => {
      const before = version;
      let now = version;
      while (now + 1 < total.t.length && total.t[now + 1]! <= t) now++;
      if (now === before) return;
      const same = before >= 0 && scoreStep(total.v[before]!, most) === scoreStep(total.v[now]!, most);
      if (!same) piece(row);
      version = now;
    });
    piece(positions.length - 1);
    if (positions.length === 1) features.push(line([positions[0]!, positions[0]!], { colour: said("score-0") }));
  });
  return collection(features);
}

export function drawnGaps(track: Track): FeatureCollection {
  const lines = linesOf(track.geometry);
  const gaps = lines.slice(1).map((next, n) => [lines[n]!.at(-1)!, next[0]!] as const);
  return collection(gaps.filter(([a, b]) => Math.abs(a[0] - b[0]) < LONG_WAY).map(([a, b]) => line([a, b], {})));
}

export function drawnCrossings(alert: AlertWithHistory, track: Track): FeatureCollection {
  const times = track.properties.times.flat().map(Date.parse);
  const positions = linesOf(track.geometry).flat();
  const found = alert.properties.cables.filter(isCrossing).map((met, order) => ({ met, order, at: positionAt(times, positions, Date.parse(met.time)) }));
  return collection(
    found.flatMap(({ met, order, at }) => (at ? [feature({ type: "Point", coordinates: at }, { name: cableName(met.id), label: `${cableName(met.id)}\n${dayTime(met.time)} · km ${figure(met.km, 1)}`, order })] : [])),
  );
}

export function drawnRanking(ranking: Ranking | null): { suspects: FeatureCollection; fault: FeatureCollection } {
  const features = ranking?.features ?? [];
  const suspects = features.filter(({ geometry, properties }) => geometry && properties.role === "suspect" && (properties.rank ?? 99) <= 10);
  return {
    suspects: collection(suspects.reverse().map(({ geometry, properties }) => feature(geometry, { rank: properties.rank }))),
    fault: collection(features.filter(({ geometry, properties }) => geometry && properties.role === "fault").map(({ geometry }) => feature(geometry, {}))),
  };
}
