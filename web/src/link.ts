// The address of what is seen: #/alert/ID?t=2024-11-18T02:03:11Z&at=56.9,18.9,8.5&tab=cables
// `#ID` alone is an alert, as links to it are written by hand.

import { iso } from "./time";

export interface View {
  lat: number;
  lon: number;
  zoom: number;
}

export type Kind = "alert" | "cable" | "ship";

export interface Selection {
  kind: Kind;
  id: string;
}

export interface Link {
  selection: Selection | null;
  at: number | null;
  view: View | null;
  tab: string | null;
}

const KINDS = ["alert", "cable", "ship"];

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function viewOf(text: string | null): View | null {
  const numbers = (text ?? "").split(",").map(Number);
  const [lat = NaN, lon = NaN, zoom = NaN] = numbers;
  const sound = numbers.length === 3 && numbers.every(Number.isFinite);
  return sound && Math.abs(lat) <= 90 && Math.abs(lon) <= 360 && zoom >= 0 && zoom <= 24 ? { lat, lon, zoom } : null;
}

export function read(hash: string): Link {
  const text = hash.replace(/^#/, "");
  const [path = "", query = ""] = text.split("?", 2);
  const said = new URLSearchParams(query);
  const at = Date.parse(said.get("t") ?? "");
  const [, kind = "", ...rest] = path.split("/");
  const id = decoded(path.startsWith("/") ? rest.join("/") : path);
  const selected = path.startsWith("/") ? (KINDS.includes(kind) ? (kind as Kind) : null) : "alert";
  return {
    selection: selected && id ? { kind: selected, id } : null,
    at: Number.isNaN(at) ? null : at,
    view: viewOf(said.get("at")),
    tab: said.get("tab"),
  };
}

export function written({ selection, at, view, tab }: Link): string {
  const said = [
    at === null ? "" : `t=${iso(Math.round(at / 1000) * 1000)}`,
    view ? `at=${view.lat.toFixed(4)},${view.lon.toFixed(4)},${view.zoom.toFixed(2)}` : "",
    tab && tab !== "alerts" ? `tab=${encodeURIComponent(tab)}` : "",
  ].filter(Boolean);
  const path = selection ? `/${selection.kind}/${encodeURIComponent(selection.id)}` : "/";
  return `#${path}${said.length ? `?${said.join("&")}` : ""}`;
}
