// What is known of a chosen ship over time, as the lanes of the time line draw it.

import { linesOf } from "../dom";
import type { AlertWithHistory, Evidence, Position, Track } from "../types";

export interface Curve {
  t: number[];
  v: number[]; // NaN breaks the line
}

export interface Term {
  name: string;
  steps: Curve; // contribution from each version on
}

export interface Curves {
  speed: Curve;
  course: Curve;
  terms: Term[];
  total: Curve;
  marks: { at: number; label: string; kind: "raised" | "crossing" | "eta" }[];
}

// Course made good between two positions, degrees.
export function madeGood([lon1, lat1]: Position, [lon2, lat2]: Position): number {
  const rad = Math.PI / 180;
  const [a, b, d] = [lat1 * rad, lat2 * rad, (lon2 - lon1) * rad];
  const y = Math.sin(d) * Math.cos(b);
  const x = Math.cos(a) * Math.sin(b) - Math.sin(a) * Math.cos(b) * Math.cos(d);
  return (Math.atan2(y, x) / rad + 360) % 360;
}

function speedAndCourse(track: Track): { speed: Curve; course: Curve } {
  const speed: Curve = { t: [], v: [] };
  const course: Curve = { t: [], v: [] };
  const lines = linesOf(track.geometry);
  track.properties.times.forEach((times, n) => {
    const line = lines[n] ?? [];
    times.forEach((text, m) => {
      const t = Date.parse(text);
      speed.t.push(t);
      speed.v.push(track.properties.sog_kn[n]?.[m] ?? NaN);
      const [a, b] = [line[m - 1], line[m]];
      const moved = a && b && (Math.abs(a[0] - b[0]) > 2e-4 || Math.abs(a[1] - b[1]) > 1e-4);
      course.t.push(t);
      course.v.push(moved ? madeGood(a, b) : NaN);
    });
    for (const curve of [speed, course]) {
      curve.t.push(curve.t.at(-1) ?? 0);
      curve.v.push(NaN);
    }
  });
  return { speed, course };
}

// Of each term its contribution version by version; those that weigh most come first.
export function termsOf(history: AlertWithHistory["history"]): { terms: Term[]; total: Curve } {
  const versions = [...history].sort((a, b) => Date.parse(a.properties.updated) - Date.parse(b.properties.updated));
  const names = [...new Set(versions.flatMap(({ properties }) => properties.evidence.map((term: Evidence) => term.name)))];
  const t = versions.map(({ properties }) => Date.parse(properties.updated));
  const terms = names.map((name) => ({
    name,
    steps: { t, v: versions.map(({ properties }) => properties.evidence.filter((term) => term.name === name).reduce((sum, term) => sum + (term.contribution ?? 0), 0)) },
  }));
  const most = (term: Term) => term.steps.v.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  terms.sort((a, b) => most(b) - most(a));
  const total = { t, v: t.map((_, n) => terms.reduce((sum, term) => sum + term.steps.v[n]!, 0)) };
  return { terms: terms.filter((term) => most(term) > 0), total };
}

export const curvesOfShip = (track: Track): Curves => ({ ...speedAndCourse(track), terms: [], total: { t: [], v: [] }, marks: [] });

export function curvesOf(alert: AlertWithHistory, track: Track, cableName: (id: string) => string): Curves {
  const said = alert.properties;
  return {
    ...speedAndCourse(track),
    ...termsOf(alert.history),
    marks: [
      { at: Date.parse(said.raised), label: "raised", kind: "raised" },
      ...said.cables.filter((met) => met.angle_deg !== null).map((met) => ({ at: Date.parse(met.time), label: cableName(met.id), kind: "crossing" as const })),
    ],
  };
}
