// Meridians and parallels of a view, and how they are named.

import type { FeatureCollection } from "geojson";

const STEPS_DEG = [1 / 12, 1 / 6, 0.5, 1, 2, 5, 10, 20, 30];
const WANTED = 7; // lines across a view

export interface Bounds {
  west: number;
  south: number;
  east: number;
  north: number;
}

export function graticule({ west, south, east, north }: Bounds): { lines: FeatureCollection; lons: number[]; lats: number[] } {
  const step = STEPS_DEG.find((one) => (east - west) / one <= WANTED) ?? 30;
  const high = STEPS_DEG.find((one) => (north - south) / one <= WANTED) ?? 30;
  const between = (low: number, most: number, by: number): number[] => {
    const found = [];
    for (let n = Math.ceil(low / by); n * by <= most; n++) found.push(n * by);
    return found;
  };
  const lons = between(west, east, step);
  const lats = between(Math.max(south, -85), Math.min(north, 85), Math.min(high, step));
  const line = (coordinates: number[][]) => ({ type: "Feature" as const, geometry: { type: "LineString" as const, coordinates }, properties: {} });
  const features = [
    ...lons.map((lon) => line([[lon, Math.max(south, -85)], [lon, Math.min(north, 85)]])),
    ...lats.map((lat) => line([[west, lat], [east, lat]])),
  ];
  return { lines: { type: "FeatureCollection", features }, lons, lats };
}

// Degrees and whole minutes, as on a chart.
export function degrees(value: number, positive: string, negative: string): string {
  const minutes = Math.round(Math.abs(value) * 60);
  const rest = minutes % 60;
  const hemisphere = minutes === 0 ? "" : value > 0 ? positive : negative;
  return `${Math.floor(minutes / 60)}°${rest ? `${String(rest).padStart(2, "0")}′` : ""}${hemisphere}`;
}
