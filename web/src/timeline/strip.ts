// The strip below the map: density of fixes, marks of alerts, ticks; lanes above it, on the same axis.

import type { Palette } from "../theme";
import { tickLabel, ticks, type Span } from "../time";
import type { Alert, Replays } from "../types";
import type { Curves } from "./curves";
import { drawLanes, LEFT, type X } from "./lanes";

export const STRIP_PX = 58;
export const LANES_PX = 216;
const RIGHT = 14;
const TICK_PX = 84;

export const axis = (window: Span, width: number): { x: X; t: (px: number) => number } => {
  const room = Math.max(width - LEFT - RIGHT, 1);
  return {
    x: (ms) => LEFT + ((ms - window.from) / (window.to - window.from)) * room,
    t: (px) => window.from + ((px - LEFT) / room) * (window.to - window.from),
  };
};

export interface Drawn {
  window: Span;
  replays: Replays | null;
  alerts: Alert[];
  curves: Curves | null;
}

function density(context: CanvasRenderingContext2D, { replays, window }: Drawn, x: X, top: number, height: number, said: Palette): void {
  if (!replays) return;
  const blockMs = replays.block_s * 1000;
  const most = replays.days.reduce((day, { counts }) => counts.reduce((a, b) => Math.max(a, b), day), 1);
  context.fillStyle = said("density");
  for (const { day, counts } of replays.days) {
    const start = Date.parse(day);
    counts.forEach((count, n) => {
      const from = start + n * blockMs;
      if (!count || from + blockMs < window.from || from > window.to) return;
      const tall = Math.max(1.5, Math.sqrt(count / most) * height);
      context.fillRect(x(from), top + height - tall, Math.max(x(from + blockMs) - x(from) - 0.5, 0.7), tall);
    });
  }
}

function marks(context: CanvasRenderingContext2D, { alerts, window }: Drawn, x: X, top: number, said: Palette): void {
  for (const { properties } of [...alerts].reverse()) {
    const at = Date.parse(properties.raised);
    if (at < window.from || at > window.to) continue;
    const size = properties.severity === "critical" ? 6 : properties.severity === "info" ? 3.5 : 5;
    context.fillStyle = said(properties.severity);
    context.strokeStyle = said("panel");
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(x(at) - size, top);
    context.lineTo(x(at) + size, top);
    context.lineTo(x(at), top + 1.7 * size);
    context.closePath();
    context.fill();
    context.stroke();
  }
}

export function drawStrip(canvas: HTMLCanvasElement, drawn: Drawn, said: Palette): void {
  const { clientWidth: width, clientHeight: height } = canvas;
  const ratio = Math.min(window.devicePixelRatio || 1, 2);
  if (canvas.width !== Math.round(width * ratio)) canvas.width = Math.round(width * ratio);
  if (canvas.height !== Math.round(height * ratio)) canvas.height = Math.round(height * ratio);
  const context = canvas.getContext("2d")!;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  const { x } = axis(drawn.window, width);
  const top = height - STRIP_PX;
  context.save();
  context.beginPath();
  context.rect(LEFT - 6, 0, width - LEFT + 6, height);
  context.clip();
  density(context, drawn, x, top + 12, STRIP_PX - 32, said);
  context.restore();
  context.font = "11px system-ui, sans-serif";
  context.textBaseline = "alphabetic";
  context.textAlign = "left";
  context.fillStyle = said("ink");
  context.fillText("Traffic", 8, top + 24);
  context.fillStyle = said("quiet");
  context.fillText("UTC", 8, height - 6);
  context.textAlign = "center";
  context.lineWidth = 1;
  const { step, at } = ticks(drawn.window, Math.max(2, Math.floor((width - LEFT) / TICK_PX)));
  for (const moment of at) {
    context.strokeStyle = said("line");
    context.beginPath();
    context.moveTo(Math.round(x(moment)) + 0.5, drawn.curves ? 0 : top + 10);
    context.lineTo(Math.round(x(moment)) + 0.5, height - 18);
    context.stroke();
    context.fillStyle = said("quiet");
    context.fillText(tickLabel(moment, step), x(moment), height - 6);
  }
  if (drawn.curves) drawLanes(context, { left: LEFT, right: width - RIGHT, top: 8, height: height - STRIP_PX - 8 }, drawn.curves, x, drawn.window, said);
  marks(context, drawn, x, top + 2, said);
}
