import { afterEach, beforeEach, expect, jest, test } from "bun:test";
import { WallWatch } from "../../src/platform/wall-watch.ts";

const time = { mono: 0, wall: 0 };
let watch = new WallWatch(() => ({ ...time }));

beforeEach(() => {
  jest.useFakeTimers();
  Object.assign(time, { mono: 5000, wall: Date.UTC(2026, 10, 22, 12) });
  watch = new WallWatch(() => ({ ...time }));
});
afterEach(() => void jest.useRealTimers());

function pass(ms: number): void {
  time.mono += ms;
  time.wall += ms;
  jest.advanceTimersByTime(ms);
}

test("a clock that is set, forward or back, is noticed within a second, once", () => {
  let calls = 0;
  watch.watch(() => calls++);
  pass(10_000);
  expect(calls).toBe(0);
  time.wall += 3_600_000;
  pass(1000);
  expect(calls).toBe(1);
  time.wall -= 3_600_000;
  pass(1000);
  expect(calls).toBe(2);
  pass(10_000);
  expect(calls).toBe(2);
});

test("a clock that is slowed down, and a machine that is busy, are no steps, until they come to as much", () => {
  let calls = 0;
  watch.watch(() => calls++);
  for (let second = 0; second < 100; second++) {
    time.wall -= 0.5;
    pass(1000);
  }
  time.mono += 5000;
  time.wall += 5000;
  pass(1000);
  expect(calls).toBe(0);
  for (let second = 0; second < 150; second++) {
    time.wall -= 0.5;
    pass(1000);
  }
  expect(calls).toBe(1);
});

test("it looks only while somebody wants to know", () => {
  expect(jest.getTimerCount()).toBe(0);
  const one = watch.watch(() => undefined);
  const other = watch.watch(() => undefined);
  expect(jest.getTimerCount()).toBe(1);
  one();
  one();
  expect(jest.getTimerCount()).toBe(1);
  other();
  expect(jest.getTimerCount()).toBe(0);
});

test("what was set before anybody looked is not told", () => {
  watch.watch(() => undefined)();
  time.wall += 3_600_000;
  let calls = 0;
  watch.watch(() => calls++);
  pass(2000);
  expect(calls).toBe(0);
});
