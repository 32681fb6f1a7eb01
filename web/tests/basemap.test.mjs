import { expect, test } from "vitest";
import { unwrapped } from "../basemap/rings.mjs";
import { packed } from "../basemap/tiles.mjs";
import { unpacked } from "../src/map/basemap";

test("land goes on beyond the antimeridian, and over a pole", () => {
  expect(unwrapped([[179, 66], [-179, 66], [-179, 65], [179, 65], [179, 66]])).toEqual([[179, 66], [181, 66], [181, 65], [179, 65], [179, 66]]);
  expect(unwrapped([[18, 57], [19, 57], [18, 58], [18, 57]])).toEqual([[18, 57], [19, 57], [18, 58], [18, 57]]);
  const antarctica = unwrapped([[0, -70], [120, -70], [-120, -70], [0, -70]]);
  expect(antarctica).toEqual([[0, -70], [120, -70], [240, -70], [360, -70], [360, -90], [0, -90], [0, -70]]);
});

test("tiles come out of their file as they went in", () => {
  const file = packed(new Map([["0/0/0", Buffer.from("world")], ["1/0/0", Buffer.alloc(0)], ["1/1/0", Buffer.from("east")]]));
  const tiles = unpacked(new Uint8Array(file).buffer);
  const said = (name) => new TextDecoder().decode(tiles(name));
  expect(["0/0/0", "1/0/0", "1/1/0", "1/1/1"].map(said)).toEqual(["world", "", "east", ""]);
});
