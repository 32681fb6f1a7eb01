// Land, borders and names: vector tiles from a file of our own (basemap/build.mjs).

import { request } from "../api";
import { AGAIN_MS, pause } from "../time";

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

// The tiles, fetched until they come: a map asks for none again that failed.
export async function loadBasemap(complain: (error: Error) => void): Promise<Tiles> {
  for (;;) {
    try {
      const answer = await request("assets/map/basemap.bin");
      if (answer.ok) return unpacked(await answer.arrayBuffer());
      complain(new Error(`The land of the map is missing (${answer.status}).`));
    } catch (error) {
      complain(error as Error);
    }
    await pause(AGAIN_MS);
  }
}
