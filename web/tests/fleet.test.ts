import { describe, expect, test } from "vitest";
import { decoded, latitude, longitude, mercatorX, mercatorY, wanted } from "../src/blocks";
import { Fleet, lastUpTo, seenAt, turned, type Seen } from "../src/fleet";
import { headed, over } from "../src/map/sprites";
import { MINUTE, SECOND } from "../src/time";

const START = Date.parse("2024-11-17T06:00:00Z");
const blank: Seen = { mmsi: 0, x: 0, y: 0, sog: 0, course: 0, heardMs: 0, gap: false };

// One ship that goes east by 0.01 degrees at each of these seconds.
function block(seconds: number[], start = START, mmsi = 1, lon0 = 18) {
  const n = seconds.length;
  return decoded({
    start: new Date(start).toISOString(),
    mmsi: [mmsi],
    count: [n],
    t_ms: seconds.map((s, k) => (s - (k ? seconds[k - 1]! : 0)) * SECOND),
    lon_e6: seconds.map((_, k) => (k ? 10_000 : lon0 * 1e6)),
    lat_e6: seconds.map((_, k) => (k ? 0 : 57e6)),
    sog_e1: seconds.map(() => 97),
    cog_e1: seconds.map(() => 900),
    heading: seconds.map(() => null),
    nav_status: seconds.map(() => 0),
  });
}

test("a block is decoded to absolute times and places", () => {
  const said = block([10, 20, 30]);
  expect([...said.t]).toEqual([10, 20, 30].map((s) => START + s * SECOND));
  expect([...said.x].map(longitude).map((lon) => lon.toFixed(4))).toEqual(["18.0000", "18.0100", "18.0200"]);
  expect(latitude(said.y[2]!)).toBeCloseTo(57, 9);
  expect(said.sog[0]).toBeCloseTo(9.7, 5);
  expect(said.heading[0]).toBeNaN();
});

test("the projection goes there and back", () => {
  for (const lat of [-80, 0, 57.5]) expect(latitude(mercatorY(lat))).toBeCloseTo(lat, 9);
  expect(longitude(mercatorX(-179))).toBeCloseTo(-179, 9);
});

test("courses turn the short way", () => {
  expect(turned(350, 10, 0.5)).toBe(0);
  expect(turned(10, 350, 0.25)).toBe(5);
  expect(turned(NaN, 90, 0.5)).toBe(90);
});

test("the last row up to a time is found", () => {
  const t = Float64Array.from([1, 3, 3, 7]);
  expect([0, 1, 2, 3, 6, 9].map((at) => lastUpTo(t, 0, 4, at))).toEqual([-1, 0, 0, 2, 2, 3]);
});

describe("a ship", () => {
  const fleet = new Fleet();
  fleet.add(block([60, 120]));
  fleet.add(block([0, 1500], START + 10 * MINUTE, 1, 18.02)); // the second fix 25 min after the one before
  const ship = fleet.ships.get(1)!;
  const lonAt = (ms: number) => longitude(seenAt(ship, START + ms, blank)!.x);

  test("is not shown before its first fix", () => {
    expect(seenAt(ship, START, blank)).toBeNull();
  });
  test("is between two fixes on the straight line", () => {
    expect(lonAt(60 * SECOND)).toBeCloseTo(18, 6);
    expect(lonAt(90 * SECOND)).toBeCloseTo(18.005, 6);
  });
  test("is so across blocks too", () => {
    expect(lonAt(6 * MINUTE)).toBeCloseTo(18.015, 6);
    expect(seenAt(ship, START + 6 * MINUTE, blank)!.gap).toBe(false);
  });
  test("stands where it was in a gap, and says so", () => {
    const seen = seenAt(ship, START + 20 * MINUTE, blank)!;
    expect(longitude(seen.x)).toBeCloseTo(18.02, 6);
    expect([seen.gap, seen.heardMs]).toEqual([true, 10 * MINUTE]);
  });
  test("is shown no more half an hour after its last fix", () => {
    expect(seenAt(ship, START + 64 * MINUTE, blank)).not.toBeNull();
    expect(seenAt(ship, START + 66 * MINUTE, blank)).toBeNull();
  });
  test("has a trail that ends at a gap", () => {
    expect([...fleet.trail(ship, START + 11 * MINUTE, 60 * MINUTE)]).toHaveLength(3);
    expect([...fleet.trail(ship, START + 36 * MINUTE, 60 * MINUTE)]).toHaveLength(1);
  });
  test("is gone with its last block", () => {
    const other = block([0], START, 2);
    fleet.add(other);
    fleet.drop(other);
    expect(fleet.ships.has(2)).toBe(false);
    expect(fleet.ships.has(1)).toBe(true);
  });
});

test("a fast clock asks for what it needs soon", () => {
  const blockMs = 10 * MINUTE;
  expect(wanted(START + 5 * MINUTE, 0, blockMs).all[0]).toBe(START);
  expect(wanted(START, 3600, blockMs).all).toContain(START + 24 * blockMs);
  expect(wanted(START, 1, blockMs).all).not.toContain(START + 3 * blockMs);
});

test("pictures of ships turn with their heading and cover what lies below", () => {
  expect([0, 90, 357.5, 359].map(headed)).toEqual([0, 16, 0, 0]);
  const [red, blue] = [0xff0000ff | 0, 0xffff0000 | 0];
  expect(over(red, blue)).toBe(red);
  expect(over(0x400000ff, 0)).toBe(0x400000ff);
  expect(over(0x800000ff | 0, blue)).toBe(0xff7f0080 | 0);
  expect([over(0x400000ff, 0x80ff0000), over(0xc00000ff, 0x80ff0000)]).toEqual([0x80ff0000, 0xc00000ff]);
});
