// Elements and figures. Text always enters the page as text nodes: names come from ships.

const SVG = "http://www.w3.org/2000/svg";

function build(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}

export const html = (tag, attributes = {}, ...children) =>
  build(document.createElement(tag), attributes, children);

export const svg = (tag, attributes = {}, ...children) =>
  build(document.createElementNS(SVG, tag), attributes, children);

export const byId = (id) => document.getElementById(id);

export function words(name) {
  const text = name.replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export const origin = (modelled) => (modelled ? html("span", { class: "origin" }, modelled) : null);

// "2024-11-17 08:00 Z", always UTC; a line breaks before the hour only.
export function time(text) {
  if (!text) return "–";
  return `${text.slice(0, 10).replaceAll("-", "\u2011")} ${text.slice(11, 16)}\u00a0Z`;
}

// The same without the year, for the map.
export const dayTime = (text) => time(text).slice(5);

export function duration(ms) {
  const minutes = Math.round(Math.abs(ms) / 60000);
  const hours = Math.floor(minutes / 60);
  const rest = String(minutes % 60).padStart(hours ? 2 : 1, "0");
  return `${hours ? `${hours}\u00a0h\u00a0` : ""}${rest}\u00a0min`;
}

export const figure = (value, digits, unit = "") =>
  value === null ? "–" : `${value.toFixed(digits)}${unit ? `\u00a0${unit}` : ""}`;
