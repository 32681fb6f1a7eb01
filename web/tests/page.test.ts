import { describe, expect, test } from "vitest";
import { read, written } from "../src/link";
import { degrees, graticule } from "../src/map/graticule";
import { positionAt, scoreStep } from "../src/map/draw";
import { knownAt } from "../src/panels/alert";
import { daysOf } from "../src/panels/ships";
import { parsed } from "../src/sse";
import { madeGood, termsOf } from "../src/timeline/curves";

describe("an address", () => {
  test("says moment, view and selection, and is read back", () => {
    const link = { selection: { kind: "alert" as const, id: "5b0c" }, at: Date.parse("2024-11-18T02:03:11Z"), view: { lat: 56.9, lon: 18.9, zoom: 8.5 }, tab: "cables" };
    expect(written(link)).toBe("#/alert/5b0c?t=2024-11-18T02:03:11Z&at=56.9000,18.9000,8.50&tab=cables");
    expect(read(written(link))).toEqual(link);
  });
  test("of an alert alone is its id", () => {
    expect(read("#5b0c").selection).toEqual({ kind: "alert", id: "5b0c" });
    expect(read("")).toEqual({ selection: null, at: null, view: null, tab: null });
  });
  test("that is nonsense selects nothing", () => {
    expect(read("#/planet/mars?t=soon&at=1,2")).toEqual({ selection: null, at: null, view: null, tab: null });
    expect(read("#/cable/%E0%A4%A").selection?.id).toBe("%E0%A4%A");
    expect(read("#/?at=91,0,4").view).toBeNull();
  });
});

describe("a stream", () => {
  test("is taken apart into events, whatever the pieces", () => {
    const { events, rest } = parsed('retry: 2000\n\n:\n\nevent: alert.raised\ndata: {"a": "b: c"}\nid: 7\n\nevent: pos');
    expect(events).toEqual([{ event: "alert.raised", data: '{"a": "b: c"}', id: "7" }]);
    expect(rest).toBe("event: pos");
  });
});

test("the graticule has round lines, and names as on a chart", () => {
  const { lons, lats } = graticule({ west: 17.2, south: 55.1, east: 21.8, north: 58.3 });
  expect(lons).toEqual([18, 19, 20, 21]);
  expect(lats.length).toBeGreaterThan(2);
  expect([degrees(18.5, "E", "W"), degrees(-0.25, "E", "W"), degrees(0, "N", "S")]).toEqual(["18°30′E", "0°15′W", "0°"]);
});

test("a crossing lies on the track at its time", () => {
  expect(positionAt([0, 10], [[18, 57], [19, 57]], 5)).toEqual([18.5, 57]);
  expect(positionAt([0, 10], [[18, 57], [19, 57]], 11)).toBeNull();
});

test("the course made good is that of the compass", () => {
  expect(madeGood([18, 57], [18, 58])).toBeCloseTo(0, 6);
  expect(madeGood([18, 0], [19, 0])).toBeCloseTo(90, 6);
  expect(madeGood([18, 57], [17.999, 57])).toBeCloseTo(270, 2);
});

test("evidence grows in steps of colour", () => {
  expect([-1, 0, 0.5, 5, 10].map((total) => scoreStep(total, 10))).toEqual([0, 0, 1, 2, 4]);
});

const version = (updated: string, terms: [string, number][]) =>
  ({ version: 1, hash: "", properties: { updated, evidence: terms.map(([name, contribution]) => ({ name, contribution, value: 0, unit: "", text: "" })) } }) as never;
const HISTORY = [version("2024-11-17T07:00:00Z", [["speed", 2], ["prior", -5]]), version("2024-11-17T08:00:00Z", [["speed", 3], ["prior", -5], ["yaw", 4]])];

test("terms are summed version by version, those that weigh most first", () => {
  const { terms, total } = termsOf(HISTORY);
  expect(terms.map((term) => term.name)).toEqual(["prior", "yaw", "speed"]);
  expect(total.v).toEqual([-3, 2]);
});

test("an alert is shown as it was known at the moment", () => {
  const alert = { properties: { name: "A", review: "new", modelled: null, raised: "2024-11-17T06:30:00Z" }, history: HISTORY } as never;
  expect(knownAt(alert, Date.parse("2024-11-17T06:00:00Z"))).toBeNull();
  expect(knownAt(alert, Date.parse("2024-11-17T06:45:00Z"))?.updated).toBe("2024-11-17T07:00:00Z");
  expect(knownAt(alert, Date.parse("2024-11-17T07:30:00Z"))?.updated).toBe("2024-11-17T07:00:00Z");
  expect(knownAt(alert, Date.parse("2024-11-19T00:00:00Z"))?.updated).toBe("2024-11-17T08:00:00Z");
});

test("a ship has the days on which it was heard", () => {
  const days = daysOf({ properties: { times: [["2024-11-17T23:59:00Z", "2024-11-18T00:01:00Z"], ["2024-11-18T04:00:00Z"]] } } as never);
  expect(days.map(({ day, fixes }) => [day, fixes])).toEqual([["2024-11-17", 1], ["2024-11-18", 2]]);
});
