import { describe, expect, test } from "vitest";
import { advanced, around, duration, HOUR, MINUTE, tickLabel, ticks, time, zoomed } from "../src/time";

const T0 = Date.parse("2024-11-17T00:00:00Z");

describe("a clock", () => {
  test("runs as fast as it is told, and stops at the end", () => {
    expect(advanced(T0, 1000, 60, T0 + HOUR)).toEqual({ at: T0 + MINUTE, ended: false });
    expect(advanced(T0, 1000, 3600, T0 + HOUR)).toEqual({ at: T0 + HOUR, ended: true });
  });
});

describe("a window of time", () => {
  const whole = { from: T0, to: T0 + 24 * HOUR };
  test("stays while the moment is in it, and moves with it otherwise", () => {
    const window = { from: T0, to: T0 + 2 * HOUR };
    expect(around(window, whole, T0 + HOUR)).toBe(window);
    expect(around(window, whole, T0 + 5 * HOUR)).toEqual({ from: T0 + 4 * HOUR, to: T0 + 6 * HOUR });
    expect(around(window, whole, T0 + 24 * HOUR)).toEqual({ from: T0 + 22 * HOUR, to: T0 + 24 * HOUR });
  });
  test("keeps the moment under the pointer where it is zoomed", () => {
    const near = zoomed(whole, whole, 0.5, T0 + 6 * HOUR);
    expect(near).toEqual({ from: T0 + 3 * HOUR, to: T0 + 15 * HOUR });
    expect(zoomed(near, whole, 100, T0)).toEqual(whole);
    const least = zoomed(whole, whole, 1e-9, T0);
    expect(least.to - least.from).toBe(10 * MINUTE);
  });
  test("has ticks at round moments", () => {
    const { step, at } = ticks({ from: T0 + 7 * MINUTE, to: T0 + 3 * HOUR }, 4);
    expect(step).toBe(HOUR);
    expect(at).toEqual([T0 + HOUR, T0 + 2 * HOUR, T0 + 3 * HOUR]);
    expect(tickLabel(T0 + HOUR, step)).toBe("01:00");
    expect(tickLabel(T0, step)).toBe("11\u201117");
  });
});

test("times are UTC and say so", () => {
  expect(time("2024-11-18T03:03:11+01:00").replaceAll("\u2011", "-").replace("\u00a0", " ")).toBe("2024-11-18 02:03 Z");
  expect(time(null)).toBe("–");
  expect(duration(-125 * MINUTE)).toBe("2\u00a0h\u00a005\u00a0min");
  expect(duration(4 * MINUTE)).toBe("4\u00a0min");
});
