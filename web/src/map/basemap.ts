// Land, borders and names, from a file of our own (basemap/build.mjs).

import type { FeatureCollection, Feature, MultiPolygon, Position } from "geojson";
import { feature } from "topojson-client";
import type { GeometryObject, Topology } from "topojson-specification";
import { request } from "../api";

interface Said {
  land: Topology;
  borders: Topology;
  places: [string, number, number, number][]; // name, lon, lat, rank
  seas: [string, number, number, number][];
}

const points = (said: Said["places"]): FeatureCollection => ({
  type: "FeatureCollection",
  features: said.map(([name, lon, lat, rank], n) => ({
    type: "Feature",
    geometry: { type: "Point", coordinates: [lon, lat] },
    properties: { name, rank, order: rank * 1e5 + n },
  })),
});

const shape = (topology: Topology, name: string): Feature => feature(topology, topology.objects[name] as GeometryObject) as Feature;

// A ring that goes on beyond 180 degrees where it meets them, and one about a pole over the pole:
// on a plane, a step from 180 to -180 would be an edge across the whole world.
export function unwrapped(ring: Position[]): Position[] {
  let [turns, before] = [0, ring[0]![0]!];
  const open = ring.map(([lon, lat]) => {
    turns -= Math.round((lon! - before) / 360);
    before = lon!;
    return [lon! + 360 * turns, lat!];
  });
  const pole = ring[0]![1]! < 0 ? -90 : 90;
  return turns ? [...open, [open.at(-1)![0]!, pole], [open[0]![0]!, pole], open[0]!] : open;
}

function land(said: Topology): Feature {
  const found = shape(said, "land") as Feature<MultiPolygon>;
  const coordinates = found.geometry.coordinates.map((polygon) => polygon.map(unwrapped));
  return { ...found, geometry: { type: "MultiPolygon", coordinates } };
}

export interface Basemap {
  land: Feature;
  borders: Feature;
  places: FeatureCollection;
  seas: FeatureCollection;
}

export async function loadBasemap(): Promise<Basemap> {
  const said = (await (await request("assets/map/basemap.json")).json()) as Said;
  return {
    land: land(said.land),
    borders: shape(said.borders, "borders"),
    places: points(said.places),
    seas: points(said.seas),
  };
}
