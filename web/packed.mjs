// Puts beside each large file of the built map the same in Brotli, which the service sends as it is:
// packing a megabyte for every visitor takes it half a second.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { brotliCompressSync } from "node:zlib";

const LARGE = 4096; // bytes
const folder = new URL("../cablewatch/service/assets/map/", import.meta.url);
for (const name of readdirSync(folder)) {
  const file = readFileSync(new URL(name, folder));
  if (file.length >= LARGE && name !== "index.html") writeFileSync(new URL(`${name}.br`, folder), brotliCompressSync(file));
}
