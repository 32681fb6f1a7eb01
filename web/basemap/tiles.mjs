// Tiles in one file: a length (four bytes, the least first), as many bytes of JSON with name and
// length of each tile, and the tiles in that order. src/map/basemap.ts reads it.
export function packed(tiles) {
  const index = Buffer.from(JSON.stringify([...tiles].map(([name, tile]) => [name, tile.length])));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(index.length);
  return Buffer.concat([length, index, ...tiles.values()]);
}
