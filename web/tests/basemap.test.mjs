import { expect, test, vi } from "vitest";
import { unwrapped } from "../basemap/rings.mjs";
import { packed } from "../basemap/tiles.mjs";
import { loadBasemap, unpacked } from "../src/map/basemap";

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

test("tiles that cannot be had are asked for until they come, and it is said", async () => {
  vi.useFakeTimers();
  vi.stubGlobal("sessionStorage", { getItem: () => null });
  const file = packed(new Map([["0/0/0", Buffer.from("world")]]));
  const answers = [() => Promise.reject(new Error("no service")), async () => new Response("", { status: 404 }), async () => new Response(file)];
  vi.stubGlobal("fetch", () => answers.shift()());
  const said = [];
  const loading = loadBasemap(({ message }) => said.push(message));
  await vi.runAllTimersAsync();
  expect(new TextDecoder().decode((await loading)("0/0/0"))).toBe("world");
  expect(said).toEqual(["no service", "The land of the map is missing (404)."]);
  vi.unstubAllGlobals();
  vi.useRealTimers();
});
