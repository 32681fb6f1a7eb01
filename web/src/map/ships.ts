// Ships on a canvas over the map: a picture for each class and heading, speed as a line of six minutes,
// a hollow ring in a gap. The map below is not drawn anew while only time goes on.

import type { Map as Chart } from "maplibre-gl";
import { CLASSES } from "../classes";
import { seenAt, type Fleet, type Seen, type Ship } from "../fleet";
import { palette, type Palette } from "../theme";
import { clamp, HOUR } from "../time";
import { headed, PHASES, RING, Sprites, STILL } from "./sprites";

const STILL_KN = 0.6;
const FAST_KN = 30;
const LINE_MIN = 6; // minutes that the line of speed stands for
const LINES_MOST = 1500;
const NAMES_MOST = 60;
const TRAIL_MS = 1_200_000;
const TRAILS_MOST = 500;
const HIT_PX = 14;
const RING_PX = 13;
const PLATE_PX = 18;
const NMI_IN_WORLD = 1 / 21_600; // at the equator

type Drawn = Seen; // x and y in CSS pixels

export interface Marked {
  colour: string;
  name: string;
}

export class ShipLayer {
  readonly canvas = document.createElement("canvas");
  #context = this.canvas.getContext("2d", { willReadFrequently: true })!;
  #ratio = Math.min(window.devicePixelRatio || 1, 2);
  #sprites!: Sprites;
  #image = new ImageData(1, 1);
  #said: Palette = () => "";
  #size = [0, 0];
  #drawn: Drawn[] = [];
  #count = 0;
  #key = "";
  #styles = 0;
  classes = new Map<number, number>();
  names = new Map<number, string>();
  marked = new Map<number, Marked>(); // ships of alerts that stand
  chosen: number | null = null;

  constructor(
    private readonly map: Chart,
    private readonly fleet: Fleet,
  ) {
    this.canvas.className = "ships";
    this.canvas.setAttribute("aria-hidden", "true");
    map.getCanvasContainer().append(this.canvas);
    this.restyle();
  }

  get count(): number {
    return this.#count;
  }

  restyle(): void {
    const live = palette();
    const kept = new Map<string, string>(); // a style is asked once, not in every frame
    const said: Palette = (name) => kept.get(name) ?? kept.set(name, live(name)).get(name)!;
    this.#said = said;
    this.#styles++;
    this.#sprites = new Sprites(this.#ratio, said);
  }

  // Draws anew where the view or the data did change, or a fast ship moved by what a picture can show;
  // whether it did so.
  draw(at: number, changes: number): boolean {
    const { map } = this;
    const centre = map.getCenter();
    const { clientWidth, clientHeight } = map.getContainer();
    const world = 512 * 2 ** map.getZoom();
    const latCos = Math.cos((centre.lat * Math.PI) / 180);
    const moment = Math.floor((at * world * NMI_IN_WORLD * FAST_KN * PHASES) / (latCos * HOUR));
    const key = [moment, changes, centre.lng, centre.lat, world, clientWidth, clientHeight, this.chosen, this.marked.size, this.classes.size, this.#styles].join();
    if (key === this.#key) return false;
    this.#key = key;
    this.#fitted();
    const [width, height] = this.#size as [number, number];
    const left = ((centre.lng + 180) / 360) * world - width / 2;
    const top = ((1 - Math.log(Math.tan(Math.PI / 4 + (centre.lat * Math.PI) / 360)) / Math.PI) / 2) * world - height / 2;
    const seen: Seen = { mmsi: 0, x: 0, y: 0, sog: 0, course: 0, heardMs: 0, gap: false };
    let count = 0;
    let afloat = 0;
    for (const ship of this.fleet.ships.values()) {
      if (!seenAt(ship, at, seen)) continue;
      afloat++;
      let x = seen.x * world - left;
      const y = seen.y * world - top;
      if (x < -world / 2) x += world;
      else if (x > world) x -= world;
      if (x < -20 || y < -20 || x > width + 20 || y > height + 20) continue;
      const kept = (this.#drawn[count] ??= { mmsi: 0, x: 0, y: 0, sog: 0, course: 0, heardMs: 0, gap: false });
      kept.mmsi = seen.mmsi;
      kept.x = x;
      kept.y = y;
      kept.sog = seen.sog;
      kept.course = seen.course;
      kept.heardMs = seen.heardMs;
      kept.gap = seen.gap;
      count++;
    }
    this.#drawn.length = count;
    this.#count = afloat;
    const context = this.#context;
    this.#stamped();
    context.putImageData(this.#image, 0, 0);
    context.setTransform(this.#ratio, 0, 0, this.#ratio, 0, 0);
    context.globalCompositeOperation = "destination-over"; // lines below the ships that are there
    this.#lines(at, world, left, top, latCos);
    context.globalCompositeOperation = "source-over";
    this.#rings();
    return true;
  }

  at(x: number, y: number): Drawn | null {
    let best = HIT_PX;
    let nearest: Drawn | null = null;
    for (const ship of this.#drawn) {
      const off = Math.hypot(ship.x - x, ship.y - y);
      if (off < best) {
        best = off;
        nearest = ship;
      }
    }
    return nearest;
  }

  #fitted(): void {
    const { clientWidth, clientHeight } = this.map.getContainer();
    if (this.#size[0] === clientWidth && this.#size[1] === clientHeight) return;
    this.#size = [clientWidth, clientHeight];
    this.canvas.width = clientWidth * this.#ratio;
    this.canvas.height = clientHeight * this.#ratio;
    this.#image = this.#context.createImageData(Math.max(this.canvas.width, 1), Math.max(this.canvas.height, 1));
    this.canvas.style.width = `${clientWidth}px`;
    this.canvas.style.height = `${clientHeight}px`;
  }

  // Trails, and where each ship would be in six minutes.
  #lines(at: number, world: number, left: number, top: number, latCos: number): void {
    const said = this.#said;
    const context = this.#context;
    context.strokeStyle = said("trail");
    context.lineWidth = 1.2;
    if (this.#drawn.length <= TRAILS_MOST && this.map.getZoom() > 6) {
      context.beginPath();
      for (const { mmsi, x, y, gap } of this.#drawn) {
        if (gap) continue;
        context.moveTo(x, y);
        for (const [mx, my] of this.fleet.trail(this.fleet.ships.get(mmsi) as Ship, at, TRAIL_MS)) context.lineTo(mx * world - left, my * world - top);
      }
      context.stroke();
    }
    const perKnot = (LINE_MIN / 60) * NMI_IN_WORLD * (world / latCos);
    if (this.#drawn.length > LINES_MOST || perKnot * 10 < 6) return;
    context.strokeStyle = said("vector");
    context.lineWidth = 1;
    context.beginPath();
    for (const { x, y, sog, course, gap } of this.#drawn) {
      if (gap || !(sog > STILL_KN) || Number.isNaN(course)) continue;
      const length = sog * perKnot;
      context.moveTo(x, y);
      context.lineTo(x + Math.sin((course * Math.PI) / 180) * length, y - Math.cos((course * Math.PI) / 180) * length);
    }
    context.stroke();
  }

  #stamped(): void {
    const { width, height, data } = this.#image;
    const pixels = { width, height, colours: new Int32Array(data.buffer).fill(0) };
    for (const ship of this.#drawn) {
      const still = !(ship.sog > STILL_KN) || Number.isNaN(ship.course);
      const kind = ship.gap ? RING : still ? STILL : headed(ship.course);
      this.#sprites.stamp(pixels, ship, this.classes.get(ship.mmsi) ?? CLASSES.length - 1, kind);
    }
  }

  // Ships of alerts stand out, with their names; others are named where there is room.
  #rings(): void {
    const said = this.#said;
    const context = this.#context;
    const all = this.#drawn.length <= NAMES_MOST && this.map.getZoom() >= 8.5;
    context.font = "600 12px system-ui, sans-serif";
    context.lineJoin = "round";
    for (const { mmsi, x, y } of this.#drawn) {
      const marked = this.marked.get(mmsi);
      const chosen = mmsi === this.chosen;
      if (marked || chosen) {
        context.strokeStyle = marked?.colour ?? said("ink");
        context.lineWidth = chosen ? 2.6 : 1.8;
        context.beginPath();
        context.arc(x, y, chosen ? RING_PX : 10, 0, 2 * Math.PI);
        context.stroke();
      }
      const name = marked?.name ?? this.names.get(mmsi);
      if (!name || !(marked || chosen || all)) continue;
      if (marked || chosen) plate(context, name, [x, y - RING_PX], this.#size[0]!, said, marked?.colour ?? said("ink"));
      else {
        context.lineWidth = 3.5;
        context.strokeStyle = said("sea");
        context.fillStyle = said("quiet");
        context.strokeText(name, x + 12, y - 8);
        context.fillText(name, x + 12, y - 8);
      }
    }
  }
}

// A name on a plate of its own above a ring, within the map: it is read whatever lies below.
function plate(context: CanvasRenderingContext2D, name: string, [x, y]: [number, number], width: number, said: Palette, edge: string): void {
  const wide = context.measureText(name).width + 12;
  const left = Math.round(clamp(x - wide / 2, 3, Math.max(3, width - wide - 4)));
  const top = Math.round(y - PLATE_PX - 3);
  context.beginPath();
  context.roundRect(left + 0.5, top + 0.5, wide, PLATE_PX, 4);
  context.fillStyle = said("panel");
  context.fill();
  context.strokeStyle = edge;
  context.lineWidth = 1;
  context.stroke();
  context.fillStyle = said("ink");
  context.fillText(name, left + 6.5, top + 13);
}
