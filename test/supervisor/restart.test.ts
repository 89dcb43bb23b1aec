import { describe, expect, test } from "bun:test";
import { ADAPTIVE, nextRestart, restartPolicyOf } from "../../src/supervisor/restart.ts";

/** The pauses of a crash loop whose runs last `ranMs` each. */
function pauses(count: number, ranMs: number, random = 0.5): number[] {
  const delays: number[] = [];
  let attempt = 0;
  for (let i = 0; i < count; i++) {
    const restart = nextRestart(ADAPTIVE, { attempt, ranMs }, random);
    if (restart === null) throw new Error("adaptive never gives up");
    delays.push(restart.delayMs);
    attempt = restart.attempt;
  }
  return delays;
}

describe("the adaptive policy", () => {
  test("restarts at once, then after 100 ms doubling up to 3 s", () => {
    expect(pauses(8, 5)).toEqual([0, 100, 200, 400, 800, 1600, 3000, 3000]);
  });

  test("varies by a tenth either way", () => {
    expect(pauses(3, 5, 0)).toEqual([0, 90, 180]);
    expect(pauses(3, 5, 0.999999)).toEqual([0, 110, 220]);
  });

  test("starts over after a run of ten seconds", () => {
    expect(pauses(4, 10_000)).toEqual([0, 0, 0, 0]);
  });
});

test("an interval is that pause, always", () => {
  const policy = restartPolicyOf({ type: "daemon", interval: 700 });
  for (const ranMs of [0, 60_000])
    expect(nextRestart(policy, { attempt: 5, ranMs }, 0)).toEqual({ delayMs: 700, attempt: 0 });
});

test.each(["once", "cron", "coroutine"] as const)("%s is not started again", (type) => {
  expect(nextRestart(restartPolicyOf({ type, interval: 5 }), { attempt: 0, ranMs: 0 }, 0)).toBeNull();
});
