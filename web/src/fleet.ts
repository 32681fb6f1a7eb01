// Where each ship is at a moment: between two fixes on the straight line, in a gap where it was last.

import type { Block } from "./blocks";
import { MINUTE } from "./time";

export const GAP_MS = 10 * MINUTE; // as the API has it
export const LOST_MS = 30 * MINUTE; // in a gap for longer, a ship is not shown

export interface Part {
  block: Block;
  from: number;
  to: number;
}

export interface Ship {
  mmsi: number;
  parts: Part[]; // in order of time
}

export interface Seen {
  mmsi: number;
  x: number;
  y: number;
  sog: number;
  course: number; // heading, else course over ground, degrees; NaN: not known
  heardMs: number; // how long before the moment the last fix is
  gap: boolean; // nothing is heard for longer than a gap, before or after
}

// The last row up to a time, below `from` if there is none.
export function lastUpTo(t: Float64Array, from: number, to: number, at: number): number {
  let [low, high] = [from, to];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (t[middle]! <= at) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

export function turned(a: number, b: number, share: number): number {
  if (Number.isNaN(a)) return b;
  if (Number.isNaN(b)) return a;
  const step = ((b - a + 540) % 360) - 180;
  return (a + share * step + 360) % 360;
}

const course = (block: Block, row: number): number => {
  const heading = block.heading[row]!;
  return Number.isNaN(heading) ? block.cog[row]! : heading;
};

export function seenAt(ship: Ship, at: number, into: Seen): Seen | null {
  for (let n = ship.parts.length - 1; n >= 0; n--) {
    const { block, from, to } = ship.parts[n]!;
    const row = lastUpTo(block.t, from, to, at);
    if (row < from) continue;
    const heardMs = at - block.t[row]!;
    const following = ship.parts[n + 1];
    const [later, next] = row + 1 < to ? [block, row + 1] : following ? [following.block, following.from] : [null, 0];
    into.mmsi = ship.mmsi;
    into.sog = block.sog[row]!;
    into.heardMs = heardMs;
    if (later && later.t[next]! - block.t[row]! <= GAP_MS) {
      const share = heardMs / Math.max(later.t[next]! - block.t[row]!, 1);
      into.x = block.x[row]! + share * (later.x[next]! - block.x[row]!);
      into.y = block.y[row]! + share * (later.y[next]! - block.y[row]!);
      into.course = turned(course(block, row), course(later, next), share);
      into.gap = false;
      return into;
    }
    if (heardMs > LOST_MS) return null;
    into.x = block.x[row]!;
    into.y = block.y[row]!;
    into.course = course(block, row);
    into.gap = later !== null || heardMs > GAP_MS;
    return into;
  }
  return null;
}

export class Fleet {
  readonly ships = new Map<number, Ship>();
  changes = 0;

  add(block: Block): void {
    block.mmsi.forEach((mmsi, n) => {
      const part = { block, from: block.first[n]!, to: block.first[n + 1]! };
      const ship = this.ships.get(mmsi);
      if (!ship) this.ships.set(mmsi, { mmsi, parts: [part] });
      else {
        const after = ship.parts.findIndex((one) => one.block.start > block.start);
        ship.parts.splice(after < 0 ? ship.parts.length : after, 0, part);
      }
    });
    this.changes++;
  }

  drop(block: Block): void {
    for (const mmsi of block.mmsi) {
      const ship = this.ships.get(mmsi);
      if (!ship) continue;
      ship.parts = ship.parts.filter((part) => part.block !== block);
      if (!ship.parts.length) this.ships.delete(mmsi);
    }
    this.changes++;
  }

  // Rows of the trail of a ship up to a moment, newest first, cut at a gap.
  *trail(ship: Ship, at: number, lengthMs: number): Generator<[number, number]> {
    let later = at;
    for (let n = ship.parts.length - 1; n >= 0; n--) {
      const { block, from, to } = ship.parts[n]!;
      for (let row = lastUpTo(block.t, from, to, at); row >= from; row--) {
        const t = block.t[row]!;
        if (at - t > lengthMs || later - t > GAP_MS) return;
        later = t;
        yield [block.x[row]!, block.y[row]!];
      }
    }
  }
}
