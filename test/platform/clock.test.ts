import { afterEach, beforeEach, expect, jest, test } from "bun:test";
import { clockOf } from "../../src/platform/clock.ts";

const SECOND = 1000;
const HOUR = 3600 * SECOND;
const time = { mono: 0, wall: 0 };
let clock = clockOf(() => ({ ...time }));
let calls = 0;

beforeEach(() => {
  calls = 0;
  jest.useFakeTimers();
  Object.assign(time, { mono: 5000, wall: Date.UTC(2026, 10, 22, 12) });
  clock = clockOf(() => ({ ...time }));
});
afterEach(() => void jest.useRealTimers());

/** Time passes, in steps as long as a timer may be noticed late. */
function pass(ms: number, step = SECOND): void {
  for (let left = ms; left > 0; left -= step) {
    const by = Math.min(step, left);
    time.mono += by;
    time.wall += by;
    jest.advanceTimersByTime(by);
  }
}

test("a wait for a wall time ends when the clock shows it, and not before", () => {
  clock.atWall(time.wall + HOUR, () => calls++);
  pass(HOUR - 1);
  expect(calls).toBe(0);
  pass(1);
  expect(calls).toBe(1);
  expect(jest.getTimerCount()).toBe(0);
});

test("when the clock is put back it waits on; when it is put forward over the time, it ends within a second", () => {
  clock.atWall(time.wall + HOUR, () => calls++);
  time.wall -= HOUR;
  pass(HOUR + SECOND);
  expect(calls).toBe(0);
  time.wall += HOUR;
  pass(SECOND);
  expect(calls).toBe(1);
});

test("a wait that is longer than a timer can be is waited for whole", () => {
  const long = 2 ** 31 + HOUR;
  clock.at(time.mono + long, () => calls++);
  pass(long - 1, HOUR);
  expect(calls).toBe(0);
  pass(1);
  expect(calls).toBe(1);
});

test("one that is called off never ends, and leaves no timer", () => {
  clock.atWall(time.wall + HOUR, () => calls++)();
  clock.at(time.mono + HOUR, () => calls++)();
  expect(jest.getTimerCount()).toBe(0);
  pass(2 * HOUR);
  expect(calls).toBe(0);
});
