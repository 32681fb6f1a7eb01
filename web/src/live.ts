// Fixes as the stream tells them, held as small blocks of their own.

import { decoded, type Block } from "./blocks";
import type { Fleet } from "./fleet";
import { LOST_MS } from "./fleet";
import type { Columns } from "./types";

export class Live {
  newest = 0;
  #held: { block: Block; last: number }[] = [];

  constructor(private readonly fleet: Fleet) {}

  add(said: Columns): void {
    const block = decoded(said);
    if (!block.t.length) return;
    const last = block.t.reduce((most, t) => Math.max(most, t), 0);
    this.newest = Math.max(this.newest, last);
    this.#held.push({ block, last });
    this.fleet.add(block);
    const old = this.#held.filter((one) => one.last < this.newest - LOST_MS);
    for (const { block: gone } of old) this.fleet.drop(gone);
    this.#held = this.#held.filter((one) => !old.includes(one));
  }
}
