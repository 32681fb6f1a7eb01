// The controls of time: play, speed, step, drag, keys; and the strip with its playhead.

import { byId } from "../dom";
import { palette } from "../theme";
import { advanced, around, clamp, clockTime, date, HOUR, iso, MINUTE, zoomed, type Span } from "../time";
import type { Alert, Replays } from "../types";
import type { Curves } from "./curves";
import { axis, drawStrip, LANES_PX, STRIP_PX } from "./strip";

export const SPEEDS = [1, 10, 60, 300, 900, 3600];
const STEP = MINUTE;
const EMPTY_SPAN: Span = { from: 0, to: HOUR };

export class Timeline {
  at = 0;
  playing = false;
  live = false;
  speed = 60;
  whole: Span = EMPTY_SPAN;
  window: Span = EMPTY_SPAN;
  replays: Replays | null = null;
  alerts: Alert[] = [];
  #curves: Curves | null = null;
  #reserved = false;
  #canvas = byId<HTMLCanvasElement>("strip");
  #head = byId("playhead");
  #slider = byId("slider");
  #play = byId<HTMLButtonElement>("play");
  #live = byId<HTMLButtonElement>("live");
  #speed = byId<HTMLSelectElement>("speed");
  #plots = byId<HTMLButtonElement>("plots");
  #plotted = matchMedia("(min-width: 40em) and (min-height: 36em)").matches;
  #drawing = false;

  // `moved` hears of every moment that somebody chose, `began` of play and pause.
  constructor(
    private readonly moved: () => void,
    private readonly began: () => void,
  ) {
    for (const speed of SPEEDS) this.#speed.append(new Option(`${speed}×`, String(speed), speed === 60, speed === 60));
    this.#play.addEventListener("click", () => this.toggle());
    this.#live.addEventListener("click", () => this.follow(true));
    this.#speed.addEventListener("change", () => this.setSpeed(Number(this.#speed.value)));
    this.#plots.addEventListener("click", () => {
      this.#plotted = !this.#plotted;
      this.#lanes();
    });
    byId("step-back").addEventListener("click", () => this.go(this.at - STEP));
    byId("step-on").addEventListener("click", () => this.go(this.at + STEP));
    byId("time-in").addEventListener("click", () => this.zoom(0.5, this.at));
    byId("time-out").addEventListener("click", () => this.zoom(2, this.at));
    byId("time-all").addEventListener("click", () => this.show(this.whole));
    new ResizeObserver(() => this.draw()).observe(this.#canvas);
    this.#listen();
  }

  // Curves are on their way: their room is there before them, so that nothing moves when they come.
  reserve(): void {
    this.#reserved = true;
    this.#lanes();
  }

  // There is a time to move in.
  get known(): boolean {
    return this.whole !== EMPTY_SPAN;
  }

  get curves(): Curves | null {
    return this.#curves;
  }

  set curves(curves: Curves | null) {
    this.#curves = curves;
    this.#reserved = false;
    this.#lanes();
  }

  #lanes(): void {
    this.#plots.disabled = this.#curves === null;
    this.#plots.setAttribute("aria-pressed", String(this.#plotted));
    this.#canvas.style.height = `${STRIP_PX + ((this.#curves || this.#reserved) && this.#plotted ? LANES_PX : 0)}px`;
    this.draw();
  }

  setWhole(whole: Span): void {
    const all = !this.known || (this.window.from === this.whole.from && this.window.to === this.whole.to);
    this.whole = whole;
    this.show(all ? whole : this.window);
  }

  show(window: Span): void {
    if (!this.known) return;
    const from = clamp(window.from, this.whole.from, this.whole.to - MINUTE);
    this.window = { from, to: clamp(window.to, from + MINUTE, this.whole.to) };
    this.draw();
  }

  zoom(factor: number, at: number): void {
    this.show(zoomed(this.window, this.whole, factor, at));
  }

  // Somebody chose a moment.
  go(at: number): void {
    if (!this.known) return;
    this.follow(false);
    this.at = clamp(at, this.whole.from, this.whole.to);
    this.window = around(this.window, this.whole, this.at);
    this.draw();
    this.moved();
  }

  toggle(playing = !this.playing): void {
    if (playing && this.at >= this.whole.to) this.at = this.window.to < this.whole.to ? this.window.from : this.whole.from;
    if (playing) this.follow(false);
    this.playing = playing;
    this.#play.setAttribute("aria-pressed", String(playing));
    this.#play.setAttribute("aria-label", playing ? "Pause" : "Play");
    this.#play.classList.toggle("on", playing);
    this.draw();
    this.began();
  }

  follow(live: boolean): void {
    if (this.live === live) return;
    this.live = live;
    if (live) this.toggle(false);
    this.#live.setAttribute("aria-pressed", String(live));
    if (live) {
      this.at = this.whole.to;
      this.window = around(this.window, this.whole, this.at);
      this.draw();
      this.moved();
    }
  }

  setSpeed(speed: number): void {
    this.speed = speed;
    this.#speed.value = String(speed);
    this.began();
  }

  // The clock on the wall went on.
  tick(wallMs: number): void {
    const { at, ended } = advanced(this.at, wallMs, this.speed, this.whole.to);
    this.at = at;
    if (at > this.window.to) {
      this.window = around(this.window, this.whole, at + (this.window.to - this.window.from) * 0.4);
      this.draw();
    }
    if (ended) this.toggle(false);
  }

  // Where the head stands; the strip below it is drawn only when it changes.
  head(): void {
    const { x } = axis(this.window, this.#canvas.clientWidth);
    this.#head.style.transform = `translateX(${x(clamp(this.at, this.window.from, this.window.to)).toFixed(1)}px)`;
    byId("moment").textContent = clockTime(this.at);
    byId("moment-day").textContent = `Z ${date(this.at)}`;
  }

  say(): void {
    this.#slider.setAttribute("aria-valuemin", String(Math.round(this.whole.from / 1000)));
    this.#slider.setAttribute("aria-valuemax", String(Math.round(this.whole.to / 1000)));
    this.#slider.setAttribute("aria-valuenow", String(Math.round(this.at / 1000)));
    this.#slider.setAttribute("aria-valuetext", `${iso(Math.round(this.at / 1000) * 1000)}`);
    byId<HTMLTimeElement>("moment").dateTime = iso(Math.round(this.at / 1000) * 1000);
  }

  draw(): void {
    if (this.#drawing) return;
    this.#drawing = true;
    requestAnimationFrame(() => {
      this.#drawing = false;
      drawStrip(this.#canvas, { window: this.window, replays: this.replays, alerts: this.alerts, curves: this.#plotted ? this.#curves : null }, palette());
      this.head();
      this.say();
    });
  }

  #listen(): void {
    const momentAt = (event: MouseEvent): number => axis(this.window, this.#canvas.clientWidth).t(event.clientX - this.#canvas.getBoundingClientRect().left);
    this.#slider.addEventListener("pointerdown", (event) => {
      this.#slider.setPointerCapture(event.pointerId);
      this.go(momentAt(event));
    });
    this.#slider.addEventListener("pointermove", (event) => {
      if (this.#slider.hasPointerCapture(event.pointerId)) this.go(clamp(momentAt(event), this.window.from, this.window.to));
    });
    this.#slider.addEventListener(
      "wheel",
      (event) => {
        event.preventDefault();
        this.zoom(event.deltaY < 0 ? 0.8 : 1.25, momentAt(event));
      },
      { passive: false },
    );
    this.#slider.addEventListener("keydown", (event) => {
      const keys: Record<string, () => void> = {
        ArrowLeft: () => this.go(this.at - STEP),
        ArrowRight: () => this.go(this.at + STEP),
        ArrowDown: () => this.go(this.at - 10 * STEP),
        ArrowUp: () => this.go(this.at + 10 * STEP),
        PageDown: () => this.go(this.at - HOUR),
        PageUp: () => this.go(this.at + HOUR),
        Home: () => this.go(this.whole.from),
        End: () => this.go(this.whole.to),
        "+": () => this.zoom(0.5, this.at),
        "-": () => this.zoom(2, this.at),
      };
      if (!keys[event.key]) return;
      event.preventDefault();
      keys[event.key]!();
    });
  }
}
