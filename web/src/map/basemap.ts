// Land, borders and names: vector tiles from a file of our own (basemap/build.mjs).

import { request } from "../api";

export type Tiles = (name: string) => ArrayBuffer;

// Tiles by "zoom/x/y" out of their file (basemap/tiles.mjs); where there is none, there is nothing.
export function unpacked(file: ArrayBuffer): Tiles {
  const length = new DataView(file).getUint32(0, true);
  const index = JSON.parse(new TextDecoder().decode(new Uint8Array(file, 4, length))) as [string, number][];
  const places = new Map<string, [number, number]>();
  let start = 4 + length;
  for (const [name, bytes] of index) {
    places.set(name, [start, start + bytes]);
    start += bytes;
  }
  return (name) => file.slice(...(places.get(name) ?? [0, 0]));
}

let asked: Promise<Tiles> | null = null;

// The tiles, fetched once; what failed is asked again with the next tile that is wanted.
export function basemap(): Promise<Tiles> {
  asked ??= fetched().catch((error) => {
    asked = null;
    throw error;
  });
  return asked;
}

async function fetched(): Promise<Tiles> {
  const answer = await request("assets/map/basemap.bin");
  if (!answer.ok) throw new Error(`The land of the map is missing (${answer.status}).`);
  return unpacked(await answer.arrayBuffer());
}
