// Server-sent events over fetch, for a key goes with them; cut or stalled streams are taken up again.

import { request } from "./api";

export interface Told {
  event: string;
  data: string;
  id: string | null;
}

const SILENT_MS = 40_000; // a stream without news says a comment every 15 s
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 15_000;

// Whole events in what came so far, and the rest of it.
export function parsed(text: string): { events: Told[]; rest: string } {
  const frames = text.replaceAll("\r\n", "\n").split("\n\n");
  const rest = frames.pop() ?? "";
  const events = [];
  for (const frame of frames) {
    const said: Record<string, string> = {};
    for (const line of frame.split("\n")) {
      const [name = "", ...value] = line.split(":");
      if (name) said[name] = said[name] === undefined ? value.join(":").replace(/^ /, "") : `${said[name]}\n${value.join(":").replace(/^ /, "")}`;
    }
    if (said.data !== undefined) events.push({ event: said.event ?? "message", data: said.data, id: said.id ?? null });
  }
  return { events, rest };
}

export type Connection = "connecting" | "connected" | "cut";

export class Stream {
  #last: string | null = null;
  #pause = FIRST_PAUSE_MS;
  cuts = 0;

  constructor(
    private readonly url: string,
    private readonly tell: (told: Told) => void,
    private readonly say: (state: Connection) => void,
  ) {}

  async run(): Promise<never> {
    for (;;) {
      this.say("connecting");
      await this.#read().catch(() => undefined);
      this.cuts++;
      this.say("cut");
      await new Promise((resolve) => setTimeout(resolve, this.#pause));
      this.#pause = Math.min(2 * this.#pause, LONGEST_PAUSE_MS);
    }
  }

  async #read(): Promise<void> {
    const abort = new AbortController();
    let watch = setTimeout(() => abort.abort(), SILENT_MS);
    const headers: Record<string, string> = this.#last === null ? {} : { "Last-Event-ID": this.#last };
    try {
      const answer = await request(this.url, { headers, signal: abort.signal, cache: "no-store" });
      if (!answer.ok || !answer.body) return;
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      let text = "";
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        clearTimeout(watch);
        watch = setTimeout(() => abort.abort(), SILENT_MS);
        this.#pause = FIRST_PAUSE_MS;
        this.say("connected");
        const { events, rest } = parsed(text + value);
        text = rest;
        for (const told of events) {
          if (told.id !== null) this.#last = told.id;
          this.tell(told);
        }
      }
    } finally {
      clearTimeout(watch);
    }
  }
}
