// Blocks of the replay API as typed columns, and which of them are held.

import { get, query } from "./api";
import { iso } from "./time";
import type { Columns, Replays } from "./types";

// Fixes of many ships, ship by ship: those of mmsi[n] are the rows first[n] to first[n + 1].
export interface Block {
  start: number;
  mmsi: Int32Array;
  first: Int32Array;
  t: Float64Array;
  x: Float64Array; // Web Mercator, 0 to 1
  y: Float64Array;
  sog: Float32Array; // NaN: not available
  cog: Float32Array;
  heading: Float32Array;
}

export const mercatorX = (lon: number): number => (lon + 180) / 360;
export const mercatorY = (lat: number): number =>
  (1 - Math.log(Math.tan(Math.PI / 4 + (Math.min(Math.max(lat, -85), 85) * Math.PI) / 360)) / Math.PI) / 2;
export const longitude = (x: number): number => x * 360 - 180;
export const latitude = (y: number): number => (2 * Math.atan(Math.exp((1 - 2 * y) * Math.PI)) - Math.PI / 2) * (180 / Math.PI);

const scaled = (values: (number | null)[], by: number): Float32Array =>
  new Float32Array(values.map((value) => (value === null ? NaN : value / by)));

export function decoded(said: Columns): Block {
  const start = Date.parse(said.start);
  const rows = said.t_ms.length;
  const block = {
    start,
    mmsi: Int32Array.from(said.mmsi),
    first: new Int32Array(said.mmsi.length + 1),
    t: new Float64Array(rows),
    x: new Float64Array(rows),
    y: new Float64Array(rows),
    sog: scaled(said.sog_e1, 10),
    cog: scaled(said.cog_e1, 10),
    heading: scaled(said.heading, 1),
  };
  let row = 0;
  said.count.forEach((count, ship) => {
    let [t, lon, lat] = [0, 0, 0];
    for (const end = row + count; row < end; row++) {
      t += said.t_ms[row]!;
      lon += said.lon_e6[row]!;
      lat += said.lat_e6[row]!;
      block.t[row] = start + t;
      block.x[row] = mercatorX(lon / 1e6);
      block.y[row] = mercatorY(lat / 1e6);
    }
    block.first[ship + 1] = row;
  });
  return block;
}

// From the first block with a fix to the last, as the counts say; while the first replay runs nothing else does.
export function heardIn({ days, block_s }: Replays): { from: number; to: number } | null {
  const starts = days.flatMap(({ day, counts }) => counts.flatMap((count, n) => (count ? [Date.parse(day) + n * block_s * 1000] : [])));
  return starts.length ? { from: starts[0]!, to: starts.at(-1)! + block_s * 1000 } : null;
}

const BEHIND = 3; // blocks: half an hour, after which a silent ship is shown no more
const HELD = 40;
const RETRY_MS = 3000;

// Starts of the blocks that a moment needs, and of those that a clock of this speed needs soon.
export function wanted(at: number, speed: number, blockMs: number): { now: number; all: number[] } {
  const now = Math.floor(at / blockMs) * blockMs;
  const ahead = Math.min(24, 1 + Math.ceil((speed * 4000) / blockMs));
  const all = [now];
  for (let n = 1; n <= ahead; n++) all.push(now + n * blockMs);
  for (let n = 1; n <= BEHIND; n++) all.push(now - n * blockMs);
  return { now, all };
}

export class Blocks {
  #held = new Map<number, Block | null>(); // null: nothing was heard
  #asked = new Map<number, Promise<void>>();
  #failed = new Map<number, number>();
  #versions = new Map<string, { version: string; counts: number[] }>();
  #blockMs = 600_000;

  constructor(
    private readonly added: (block: Block) => void,
    private readonly dropped: (block: Block) => void,
    private readonly complain: (error: Error) => void,
  ) {}

  know(replays: Replays): void {
    this.#blockMs = replays.block_s * 1000;
    for (const day of replays.days) {
      const before = this.#versions.get(day.day)?.version;
      this.#versions.set(day.day, day);
      if (before && before !== day.version) this.#forget(Date.parse(day.day));
    }
  }

  // Ask for what this moment and the next ones need; true once the moment itself can be shown.
  need(at: number, speed: number): boolean {
    const { now, all } = wanted(at, speed, this.#blockMs);
    const shown = this.#held.has(now); // first what is to be seen, then what comes next
    for (const start of all.slice(0, shown && this.#asked.size <= 3 ? all.length : 1)) this.#ask(start);
    if (this.#held.size > HELD) this.#drop(new Set(all), now);
    return shown && (this.#held.has(now + this.#blockMs) || !this.#asked.has(now + this.#blockMs));
  }

  async settled(): Promise<void> {
    await Promise.all(this.#asked.values());
  }

  #ask(start: number): void {
    if (this.#held.has(start) || this.#asked.has(start)) return;
    if ((this.#failed.get(start) ?? 0) > Date.now()) return;
    const day = this.#versions.get(iso(start).slice(0, 10));
    if (!day || !day.counts[Math.floor((start % 86_400_000) / this.#blockMs)]) {
      this.#held.set(start, null);
      return;
    }
    const url = `api/v1/replays/blocks/${iso(start)}?${query({ version: day.version })}`;
    const answer = get<Columns>(url)
      .then((said) => {
        const block = decoded(said);
        this.#held.set(start, block);
        this.added(block);
      })
      .catch((error: Error) => {
        this.#failed.set(start, Date.now() + RETRY_MS);
        this.complain(error);
      })
      .finally(() => this.#asked.delete(start));
    this.#asked.set(start, answer);
  }

  #drop(kept: Set<number>, now: number): void {
    const far = [...this.#held.keys()].filter((start) => !kept.has(start)).sort((a, b) => Math.abs(b - now) - Math.abs(a - now));
    for (const start of far.slice(0, this.#held.size - HELD)) this.#remove(start);
  }

  #forget(day: number): void {
    for (const start of [...this.#held.keys()]) if (Math.floor(start / 86_400_000) * 86_400_000 === day) this.#remove(start);
  }

  #remove(start: number): void {
    const block = this.#held.get(start);
    this.#held.delete(start);
    if (block) this.dropped(block);
  }
}
