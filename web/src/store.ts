// The state of the page: one object, replaced in parts, and who hears of which part.

export class Store<T extends object> {
  #state: T;
  #heard: { names: (keyof T)[]; tell: (state: T) => void }[] = [];

  constructor(state: T) {
    this.#state = state;
  }

  get now(): Readonly<T> {
    return this.#state;
  }

  set(part: Partial<T>): void {
    const changed = (Object.keys(part) as (keyof T)[]).filter((name) => part[name] !== this.#state[name]);
    if (!changed.length) return;
    this.#state = { ...this.#state, ...part };
    for (const { names, tell } of [...this.#heard]) {
      if (names.some((name) => changed.includes(name))) tell(this.#state);
    }
  }

  on(names: (keyof T)[], tell: (state: T) => void): void {
    this.#heard.push({ names, tell });
  }
}
