// Moments, spans and their words: milliseconds since 1970 inside, UTC with Z outside.

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

export interface Span {
  from: number;
  to: number;
}

export const iso = (ms: number): string => new Date(ms).toISOString().replace(/\.000Z$/, "Z");

// A line breaks before the hour only.
const joined = (text: string): string => text.replaceAll("-", "\u2011");

export function time(at: string | number | null): string {
  if (at === null || at === "") return "–";
  const text = new Date(at).toISOString();
  return `${joined(text.slice(0, 10))} ${text.slice(11, 16)}\u00a0Z`;
}

export const clockTime = (ms: number): string => new Date(ms).toISOString().slice(11, 19);
export const date = (ms: number): string => joined(new Date(ms).toISOString().slice(0, 10));

// The same without the year, in one piece, for the map and tables.
export const dayTime = (at: string): string => time(at).slice(5).replace(" ", "\u00a0");

export function duration(ms: number): string {
  const minutes = Math.round(Math.abs(ms) / MINUTE);
  const hours = Math.floor(minutes / 60);
  const rest = String(minutes % 60).padStart(hours ? 2 : 1, "0");
  return `${hours ? `${hours}\u00a0h\u00a0` : ""}${rest}\u00a0min`;
}

export const clamp = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high);

// Where a clock stands that ran from `at` for some time of the wall, and whether it goes on.
export function advanced(at: number, wallMs: number, speed: number, end: number): { at: number; ended: boolean } {
  const next = at + wallMs * speed;
  return next >= end ? { at: end, ended: true } : { at: next, ended: false };
}

// A window of the same length about a moment, kept within the whole.
export function around(window: Span, whole: Span, at: number): Span {
  if (at >= window.from && at <= window.to) return window;
  const length = window.to - window.from;
  const from = clamp(at - length / 2, whole.from, Math.max(whole.from, whole.to - length));
  return { from, to: from + length };
}

export const SHORTEST = 10 * MINUTE;

export function zoomed(window: Span, whole: Span, factor: number, at: number): Span {
  const length = clamp((window.to - window.from) * factor, SHORTEST, whole.to - whole.from);
  const share = (at - window.from) / (window.to - window.from);
  const from = clamp(at - share * length, whole.from, Math.max(whole.from, whole.to - length));
  return { from, to: from + length };
}

const STEPS = [MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY, 30 * DAY, 90 * DAY];

// Round moments of a span, at most `most` of them, with the step between two.
export function ticks({ from, to }: Span, most: number): { step: number; at: number[] } {
  const step = STEPS.find((one) => (to - from) / one <= most) ?? (to - from) / most;
  const at = [];
  for (let t = Math.ceil(from / step) * step; t <= to; t += step) at.push(t);
  return { step, at };
}

export const tickLabel = (ms: number, step: number): string =>
  step >= DAY || ms % DAY === 0 ? new Date(ms).toISOString().slice(5, 10).replace("-", "\u2011") : new Date(ms).toISOString().slice(11, 16);

export const AGAIN_MS = 5000; // until what failed is asked for again
export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
