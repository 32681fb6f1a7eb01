// Elements and figures. Text always enters the page as text nodes: names come from ships.

import { duration } from "./time";
import type { Geometry, Position } from "./types";

export { date, dayTime, duration, time } from "./time";

const SVG = "http://www.w3.org/2000/svg";
export const METRES_IN_NMI = 1852;

type Value = string | number | boolean | null | undefined;
type Child = Node | string | null | undefined | false;

function build<E extends Element>(node: E, attributes: Record<string, Value>, children: Child[]): E {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) node.setAttribute(name, "");
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(name, String(value));
  }
  node.append(...children.filter((child): child is Node | string => Boolean(child) || child === ""));
  return node;
}

export const html = <K extends keyof HTMLElementTagNameMap>(tag: K, attributes: Record<string, Value> = {}, ...children: Child[]): HTMLElementTagNameMap[K] =>
  build(document.createElement(tag), attributes, children);

export const svg = (tag: string, attributes: Record<string, Value> = {}, ...children: Child[]): Element =>
  build(document.createElementNS(SVG, tag), attributes, children);

export function byId<E extends HTMLElement = HTMLElement>(id: string): E {
  const node = document.getElementById(id);
  if (!node) throw new Error(`the page has no #${id}`);
  return node as E;
}

// What the service says in the head of the page; null if nothing.
export const meta = (name: string): string | null => document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content || null;

export function button(text: string, onClick: () => void, attributes: Record<string, Value> = {}): HTMLButtonElement {
  const node = html("button", { type: "button", ...attributes }, text);
  node.addEventListener("click", onClick);
  return node;
}

// Makes these the children of a node. One that says the same already stays, and with it what is open or chosen in it.
export function renew(parent: Element, nodes: Node[]): void {
  const before = [...parent.childNodes];
  nodes.forEach((node, n) => {
    const old = before[n];
    if (!old) parent.append(node);
    else if (!old.isEqualNode(node)) old.replaceWith(node);
  });
  before.slice(nodes.length).forEach((old) => old.remove());
}

export function words(name: string): string {
  const text = name.replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export const origin = (modelled: string | null | undefined): HTMLElement | null =>
  modelled ? html("span", { class: "origin" }, modelled) : null;

export const badge = (severity: string): HTMLElement => html("span", { class: `badge ${severity}` }, severity);

export const figure = (value: number | null | undefined, digits: number, unit = ""): string =>
  value === null || value === undefined ? "–" : `${value.toFixed(digits)}${unit ? `\u00a0${unit}` : ""}`;

export function table(caption: string, heads: string[], rows: Child[][]): HTMLElement | null {
  if (!rows.length) return null;
  return html(
    "div",
    { class: "table", tabindex: 0, role: "region", "aria-label": caption },
    html(
      "table",
      {},
      html("caption", {}, caption),
      html("thead", {}, html("tr", {}, ...heads.map((head) => html("th", { scope: "col" }, head)))),
      html("tbody", {}, ...rows.map((row) => html("tr", {}, ...row.map((cell) => html("td", {}, cell))))),
    ),
  );
}

export const countdown = (ms: number): string => (ms >= 0 ? `in ${duration(ms)}` : `due ${duration(ms)} ago`);

export const counted = (count: number, one: string): string => `${count} ${one}${count === 1 ? "" : "s"}`;

export function linesOf(geometry: Geometry): Position[][] {
  if (!geometry) return [];
  if (geometry.type === "Point") return [[geometry.coordinates]];
  return geometry.type === "LineString" ? [geometry.coordinates] : geometry.coordinates;
}

export const shipName = (name: string | null | undefined, mmsi: number): string => name || `MMSI ${mmsi}`;
