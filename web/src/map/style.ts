// The style of the chart: layers from the sea upwards, colours from the style sheet.

import type { ExpressionSpecification, LayerSpecification, StyleSpecification } from "maplibre-gl";
import type { Palette } from "../theme";

const EMPTY = { type: "FeatureCollection" as const, features: [] };
export const SOURCES = ["graticule", "cables", "alerts", "track", "gaps", "crossings", "suspects", "fault"] as const;
export const GROUND = "ground"; // source of land, borders and names, and protocol of its tiles
export type Source = (typeof SOURCES)[number];

const FONT = ["Noto Sans, Helvetica Neue, Arial, sans-serif"];
const AT_24 = 2 ** 24;

// A width in metres: `property` holds it in pixels at zoom 0.
const metres = (property: string): ExpressionSpecification => [
  "interpolate", ["exponential", 2], ["zoom"], 0, ["get", property], 24, ["*", ["get", property], AT_24],
];

const severity = (said: Palette): ExpressionSpecification => [
  "match", ["get", "severity"], "critical", said("critical"), "warning", said("warning"), "watch", said("watch"), said("info"),
];

function ground(said: Palette): LayerSpecification[] {
  const label = { "text-color": said("map-label"), "text-halo-color": said("land"), "text-halo-width": 1.2 };
  return [
    { id: "sea", type: "background", paint: { "background-color": said("sea") } },
    { id: "graticule", type: "line", source: "graticule", paint: { "line-color": said("grid"), "line-width": 0.7 } },
    { id: "land", type: "fill", source: GROUND, "source-layer": "land", paint: { "fill-color": said("land"), "fill-antialias": false } },
    { id: "coast", type: "line", source: GROUND, "source-layer": "land", paint: { "line-color": said("coast"), "line-width": ["interpolate", ["linear"], ["zoom"], 3, 0.5, 8, 1.1] } },
    { id: "borders", type: "line", source: GROUND, "source-layer": "borders", paint: { "line-color": said("border"), "line-width": 0.8, "line-dasharray": [4, 2] } },
    {
      id: "seas", type: "symbol", source: GROUND, "source-layer": "seas", filter: ["<=", ["get", "rank"], ["step", ["zoom"], 0, 4.2, 1, 5.6, 2, 7, 3]],
      layout: { "text-field": ["get", "name"], "text-font": FONT, "text-size": ["interpolate", ["linear"], ["get", "rank"], 0, 14, 3, 10.5], "text-letter-spacing": 0.16, "text-max-width": 7, "symbol-sort-key": ["get", "order"], "text-padding": 6 },
      paint: { "text-color": said("sea-label"), "text-halo-color": said("sea"), "text-halo-width": 1 },
    },
    {
      id: "places", type: "symbol", source: GROUND, "source-layer": "places", filter: ["<=", ["get", "rank"], ["step", ["zoom"], -1, 3.5, 0, 5.5, 1, 6.6, 2, 7.8, 3, 9, 4]],
      layout: { "text-field": ["get", "name"], "text-font": FONT, "text-size": ["interpolate", ["linear"], ["get", "rank"], 0, 12, 4, 10], "symbol-sort-key": ["get", "order"], "text-padding": 8, "text-max-width": 8 },
      paint: label,
    },
  ];
}

const NEXT: ExpressionSpecification = ["==", ["get", "role"], "next"];

function cables(said: Palette): LayerSpecification[] {
  const chosen: ExpressionSpecification = ["any", ["==", ["get", "role"], "next"], ["==", ["get", "role"], "crossed"], ["==", ["get", "role"], "chosen"]];
  return [
    { id: "uncertain", type: "line", source: "cables", filter: chosen, layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": said("cable"), "line-opacity": 0.13, "line-width": metres("uncertain") } },
    { id: "zone", type: "line", source: "cables", filter: chosen, layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": said("cable"), "line-opacity": 0.28, "line-width": metres("zone") } },
    {
      id: "cables", type: "line", source: "cables", layout: { "line-join": "round" },
      paint: {
        "line-color": ["match", ["get", "role"], "next", said("next"), "crossed", said("ink"), "chosen", said("next"), said("cable")],
        "line-width": ["match", ["get", "role"], "next", 2.6, "crossed", 2.2, "chosen", 2.6, 1.2],
        "line-opacity": ["match", ["get", "role"], "other", 0.55, 1],
      },
    },
    { id: "cables-hit", type: "line", source: "cables", paint: { "line-color": said("cable"), "line-opacity": 0, "line-width": 14 } },
    {
      id: "cable-names", type: "symbol", source: "cables", minzoom: 4.5,
      layout: { "symbol-placement": "line", "text-field": ["get", "name"], "text-font": FONT, "text-size": ["case", NEXT, 13, 11], "symbol-spacing": 420, "text-offset": [0, -0.8], "text-max-angle": 35, "symbol-sort-key": ["case", chosen, 0, 1] },
      paint: { "text-color": ["case", NEXT, said("next"), said("cable-label")], "text-halo-color": said("sea"), "text-halo-width": 1.6 },
    },
  ];
}

function alerts(said: Palette): LayerSpecification[] {
  const round = { "line-cap": "round" as const, "line-join": "round" as const };
  return [
    { id: "suspects", type: "line", source: "suspects", layout: round, paint: { "line-color": ["case", ["==", ["get", "rank"], 1], said("critical"), said("warning")], "line-width": ["case", ["==", ["get", "rank"], 1], 3, 1.6], "line-opacity": 0.9 } },
    { id: "excerpts", type: "line", source: "alerts", layout: round, paint: { "line-color": severity(said), "line-width": 2, "line-opacity": 0.65 } },
    { id: "excerpts-hit", type: "line", source: "alerts", layout: round, paint: { "line-color": severity(said), "line-width": 14, "line-opacity": 0 } },
    { id: "gaps", type: "line", source: "gaps", layout: { "line-cap": "round" }, paint: { "line-color": said("quiet"), "line-width": 1.6, "line-dasharray": [0.2, 3] } },
    { id: "track-halo", type: "line", source: "track", layout: round, paint: { "line-color": said("sea"), "line-width": 6.5 } },
    { id: "track", type: "line", source: "track", layout: round, paint: { "line-color": ["get", "colour"], "line-width": 3.2 } },
    { id: "fault", type: "circle", source: "fault", paint: { "circle-radius": 9, "circle-color": "rgba(0,0,0,0)", "circle-stroke-color": said("critical"), "circle-stroke-width": 2.5 } },
    { id: "crossings", type: "circle", source: "crossings", paint: { "circle-radius": 5, "circle-color": said("panel"), "circle-stroke-color": said("ink"), "circle-stroke-width": 2 } },
    {
      id: "crossing-names", type: "symbol", source: "crossings",
      layout: { "text-field": ["step", ["zoom"], "", 6.5, ["get", "name"], 8, ["get", "label"]], "text-font": FONT, "text-size": 12, "text-variable-anchor": ["left", "right", "top", "bottom"], "text-radial-offset": 0.9, "text-justify": "auto", "text-max-width": 20, "text-line-height": 1.3, "symbol-sort-key": ["get", "order"] },
      paint: { "text-color": said("ink"), "text-halo-color": said("sea"), "text-halo-width": 1.8 },
    },
  ];
}

// Tiles lie on our land and sea, which show where no tile comes; names are theirs.
function tiled(ground: LayerSpecification[]): LayerSpecification[] {
  return [...ground.filter(({ type }) => type !== "symbol"), { id: "tiles", type: "raster", source: "tiles" }];
}

export function chartStyle(said: Palette, tiles: string | null): StyleSpecification {
  const sources: StyleSpecification["sources"] = Object.fromEntries(
    SOURCES.map((name) => [name, { type: "geojson", data: EMPTY, tolerance: name === "track" ? 0.1 : 0.3 }]),
  );
  sources[GROUND] = { type: "vector", tiles: [`${GROUND}://{z}/{x}/{y}`], maxzoom: 6 };
  if (tiles) sources.tiles = { type: "raster", tiles: [tiles], tileSize: 256 };
  const below = tiles ? tiled(ground(said)) : ground(said);
  return { version: 8, sources, layers: [...below, ...cables(said), ...alerts(said)] };
}
