// Land, borders and names, from a file of our own (basemap/build.mjs).

import type { FeatureCollection, Feature } from "geojson";
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

export interface Basemap {
  land: Feature;
  borders: Feature;
  places: FeatureCollection;
  seas: FeatureCollection;
}

export async function loadBasemap(): Promise<Basemap> {
  const said = (await (await request("assets/map/basemap.json")).json()) as Said;
  return {
    land: shape(said.land, "land"),
    borders: shape(said.borders, "borders"),
    places: points(said.places),
    seas: points(said.seas),
  };
}
