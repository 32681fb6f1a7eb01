// Pictures of ships by class and heading, copied pixel by pixel: thousands of them take a tenth of the
// time that a canvas takes to draw as many small pictures. Each is made when it is first needed, at
// quarters of a pixel, so that slow ships glide.

import { CLASSES } from "../classes";
import type { Palette } from "../theme";

const HEADINGS = 64;
export const STILL = HEADINGS; // a dot, of a ship without way
export const RING = HEADINGS + 1; // of a ship that is not heard
const KINDS = HEADINGS + 2;
const SIZE = 22; // CSS pixels
export const PHASES = 4; // of a pixel, each way

// Colours as in ImageData, each in 32 bits.
export interface Pixels {
  width: number;
  height: number;
  colours: Int32Array;
}

// What of a picture is not empty: columns and rows from its corner, and colours.
interface Sprite {
  x: Int32Array;
  y: Int32Array;
  colours: Int32Array;
}

export const headed = (course: number): number => Math.round((course / 360) * HEADINGS) % HEADINGS;

export class Sprites {
  #kept: (Sprite | undefined)[] = [];
  readonly #cell: number;
  readonly #context: CanvasRenderingContext2D;

  constructor(
    private readonly ratio: number,
    private readonly said: Palette,
  ) {
    const canvas = document.createElement("canvas");
    this.#cell = canvas.width = canvas.height = Math.ceil((SIZE + 1) * ratio);
    this.#context = canvas.getContext("2d", { willReadFrequently: true })!;
  }

  // Copy a picture about a place, in CSS pixels.
  stamp({ width, height, colours }: Pixels, place: { x: number; y: number }, ship: number, kind: number): void {
    const left = (place.x - SIZE / 2) * this.ratio;
    const top = (place.y - SIZE / 2) * this.ratio;
    const column = Math.floor(left);
    const row = Math.floor(top);
    const sprite = this.#sprite(ship, kind, Math.floor((left - column) * PHASES), Math.floor((top - row) * PHASES));
    for (let n = 0; n < sprite.colours.length; n++) {
      const x = column + sprite.x[n]!;
      const y = row + sprite.y[n]!;
      if (x < 0 || y < 0 || x >= width || y >= height) continue;
      const at = y * width + x;
      colours[at] = over(sprite.colours[n]!, colours[at]!);
    }
  }

  #sprite(ship: number, kind: number, right: number, down: number): Sprite {
    const key = ((ship * KINDS + kind) * PHASES + right) * PHASES + down;
    return (this.#kept[key] ??= this.#made(CLASSES[ship]!.id, kind, right / PHASES, down / PHASES));
  }

  #made(id: string, kind: number, right: number, down: number): Sprite {
    const cell = this.#cell;
    const context = this.#context;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, cell, cell);
    const middle = (SIZE / 2) * this.ratio;
    context.setTransform(this.ratio, 0, 0, this.ratio, middle + right, middle + down);
    drawn(context, id, kind, this.said);
    const pixels = new Int32Array(context.getImageData(0, 0, cell, cell).data.buffer);
    const filled = [...pixels.keys()].filter((n) => pixels[n]! >>> 24);
    return {
      x: Int32Array.from(filled, (n) => n % cell),
      y: Int32Array.from(filled, (n) => Math.floor(n / cell)),
      colours: Int32Array.from(filled, (n) => pixels[n]!),
    };
  }
}

const mixed = (colour: number, below: number, dense: number, shift: number): number =>
  Math.round((((colour >>> shift) & 255) * dense + ((below >>> shift) & 255) * (255 - dense)) / 255) << shift;

// One colour over another; of two that are half transparent the denser stays.
export function over(colour: number, below: number): number {
  const dense = colour >>> 24;
  const under = below >>> 24;
  if (dense === 255 || under === 0) return colour;
  if (under < 255) return dense >= under ? colour : below;
  return (255 << 24) | mixed(colour, below, dense, 16) | mixed(colour, below, dense, 8) | mixed(colour, below, dense, 0);
}

function drawn(context: CanvasRenderingContext2D, id: string, kind: number, said: Palette): void {
  context.fillStyle = said(`ship-${id}`);
  context.strokeStyle = said(kind === RING ? `ship-${id}` : "ship-edge");
  context.lineWidth = kind === RING ? 1.3 : 0.9;
  context.setLineDash(kind === RING ? [2, 1.6] : []);
  context.beginPath();
  if (kind < HEADINGS) {
    context.rotate((kind / HEADINGS) * 2 * Math.PI);
    hull(context, id);
  } else context.arc(0, 0, kind === RING ? 4 : 3, 0, 2 * Math.PI);
  if (kind !== RING) context.fill();
  context.stroke();
}

// The outline of a ship that heads up; each class has its own stern.
function hull(context: CanvasRenderingContext2D, id: string): void {
  context.moveTo(0, -7.5);
  context.lineTo(3.6, id === "passenger" ? -1 : 5.5);
  if (id === "passenger") context.lineTo(3.6, 5.5);
  if (id === "tanker") context.lineTo(0, 7.5);
  else if (id !== "passenger") context.lineTo(0, 3.2);
  context.lineTo(-3.6, 5.5);
  if (id === "passenger") context.lineTo(-3.6, -1);
  context.closePath();
}
