// Lanes of curves over one axis of time: speed, course, score as the sum of its terms.

import type { Palette } from "../theme";
import type { Span } from "../time";
import type { Curve, Curves } from "./curves";

export const TERM_COLOURS = ["term-1", "term-2", "term-3", "term-4", "term-5", "term-6"];
export const LEFT = 64; // room for the names of lanes
const GAP = 10;

export interface Box {
  left: number;
  right: number;
  top: number;
  height: number;
}

export type X = (ms: number) => number;

// Lowest and highest of a curve within a span, widened to whole steps.
export function range(curves: Curve[], { from, to }: Span, step: number, least: [number, number]): [number, number] {
  let [low, high] = least;
  for (const { t, v } of curves) {
    for (let n = 0; n < t.length; n++) {
      if (t[n]! < from || t[n]! > to || Number.isNaN(v[n]!)) continue;
      low = Math.min(low, v[n]!);
      high = Math.max(high, v[n]!);
    }
  }
  return [Math.floor(low / step) * step, Math.ceil(high / step) * step];
}

function frame(context: CanvasRenderingContext2D, box: Box, name: string, unit: string, levels: number[], y: (v: number) => number, said: Palette): void {
  context.font = "11px system-ui, sans-serif";
  context.lineWidth = 1;
  context.textBaseline = "middle";
  for (const level of levels) {
    context.strokeStyle = said("line");
    context.beginPath();
    context.moveTo(box.left, Math.round(y(level)) + 0.5);
    context.lineTo(box.right, Math.round(y(level)) + 0.5);
    context.stroke();
    context.fillStyle = said("quiet");
    context.textAlign = "right";
    context.fillText(String(level), box.left - 6, y(level));
  }
  context.textAlign = "left";
  context.fillStyle = said("ink");
  context.fillText(name, 8, box.top + 8);
  context.fillStyle = said("quiet");
  context.fillText(unit, 8, box.top + 22);
}

function line(context: CanvasRenderingContext2D, { t, v }: Curve, x: X, y: (v: number) => number, window: Span, colour: string, dots = false): void {
  context.strokeStyle = context.fillStyle = colour;
  context.lineWidth = 1.4;
  context.lineJoin = "round";
  context.beginPath();
  let down = false;
  for (let n = 0; n < t.length; n++) {
    if ((t[n + 1] ?? t[n]!) < window.from || (t[n - 1] ?? t[n]!) > window.to) continue;
    const value = v[n]!;
    if (Number.isNaN(value)) {
      down = false;
      continue;
    }
    if (dots) context.rect(x(t[n]!) - 0.8, y(value) - 0.8, 1.6, 1.6);
    else if (down) context.lineTo(x(t[n]!), y(value));
    else context.moveTo(x(t[n]!), y(value));
    down = true;
  }
  if (dots) context.fill();
  else context.stroke();
}

function speed(context: CanvasRenderingContext2D, box: Box, curves: Curves, x: X, window: Span, said: Palette): void {
  const [low, high] = range([curves.speed], window, 5, [0, 10]);
  const y = (v: number) => box.top + box.height - ((v - low) / (high - low)) * box.height;
  frame(context, box, "Speed", "kn", [low, (low + high) / 2, high], y, said);
  line(context, curves.speed, x, y, window, said("curve"));
}

// A steady course fills its lane, so that yawing shows; one that goes about has all of the compass.
function course(context: CanvasRenderingContext2D, box: Box, curves: Curves, x: X, window: Span, said: Palette): void {
  const [least, most] = range([curves.course], window, 10, [Infinity, -Infinity]);
  const [low, high] = most - least <= 120 ? [least, Math.max(most, least + 20)] : [0, 360];
  const y = (v: number) => box.top + box.height - ((v - low) / (high - low)) * box.height;
  frame(context, box, "Course", "° good", [low, (low + high) / 2, high], y, said);
  line(context, curves.course, x, y, window, said("curve"), true);
}

// Terms for stand above the line, terms against below; each holds until the next version.
function score(context: CanvasRenderingContext2D, box: Box, curves: Curves, x: X, window: Span, said: Palette): void {
  const { t } = curves.total;
  const sums = (sign: number): Curve => ({ t, v: t.map((_, n) => curves.terms.reduce((sum, term) => sum + Math.max(0, sign * term.steps.v[n]!), 0) * sign) });
  const all = { from: -Infinity, to: Infinity };
  const [low, high] = range([sums(1), sums(-1)], all, 2, [-2, 2]);
  const y = (v: number) => box.top + box.height - ((v - low) / (high - low)) * box.height;
  frame(context, box, "Score", "nats", [low, 0, high], y, said);
  t.forEach((start, n) => {
    const end = Math.min(t[n + 1] ?? start + 60_000, window.to);
    if (end < window.from || start > window.to) return;
    const [left, right] = [Math.max(x(start), box.left), Math.min(x(end), box.right)].map(Math.round) as [number, number];
    const reached = [0, 0]; // against, for
    curves.terms.forEach((term, k) => {
      const value = term.steps.v[n]!;
      const side = value > 0 ? 1 : 0;
      context.fillStyle = said(TERM_COLOURS[Math.min(k, TERM_COLOURS.length - 1)]!);
      const top = y(Math.max(reached[side]!, reached[side]! + value));
      context.fillRect(left, top, Math.max(right - left, 1), Math.abs(y(value) - y(0)));
      reached[side]! += value;
    });
  });
  const steps: Curve = { t: [], v: [] };
  curves.total.v.forEach((value, n) => {
    steps.t.push(t[n]!, t[n + 1] ?? t[n]! + 60_000);
    steps.v.push(value, value);
  });
  line(context, steps, x, y, window, said("ink"));
}

export function drawLanes(context: CanvasRenderingContext2D, box: Box, curves: Curves, x: X, window: Span, said: Palette): void {
  const height = (box.height - 3 * GAP) / 3;
  const lane = (n: number): Box => ({ ...box, top: box.top + n * (height + GAP) + 4, height });
  for (const mark of curves.marks) {
    if (mark.at < window.from || mark.at > window.to) continue;
    context.strokeStyle = mark.kind === "raised" ? said("warning") : said("next");
    context.setLineDash(mark.kind === "raised" ? [3, 3] : []);
    context.beginPath();
    context.moveTo(x(mark.at), box.top);
    context.lineTo(x(mark.at), box.top + box.height);
    context.stroke();
    context.setLineDash([]);
  }
  context.save();
  context.beginPath();
  context.rect(0, box.top - 6, box.right, box.height + 6);
  context.clip();
  speed(context, lane(0), curves, x, window, said);
  course(context, lane(1), curves, x, window, said);
  score(context, lane(2), curves, x, window, said);
  context.restore();
}
