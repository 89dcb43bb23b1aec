import { describe, expect, test } from "bun:test";
import type { Streak } from "../../src/domain/instance.ts";
import { outcomeOf, spawnError, verdict } from "../../src/domain/run.ts";
import { type TaskDefinition, completeTask } from "../../src/domain/task.ts";
import { nextRestart, restartPolicyOf } from "../../src/supervisor/restart.ts";

const FAILED = outcomeOf({ exit_code: 1, exit_signal: null }, false);
const SUCCEEDED = outcomeOf({ exit_code: 0, exit_signal: null }, false);
const FRESH: Streak = { attempt: 0, restarts: [] };

const policyFor = (more: Partial<TaskDefinition>) =>
  restartPolicyOf(completeTask({ name: "a", cmd: "a", type: "daemon", ...more }));

interface Loop {
  readonly ranMs?: number;
  readonly random?: number;
  readonly outcome?: typeof FAILED;
}

/** The pauses of a crash loop whose runs last `ranMs` each; ends with the reason if it is given up. */
function pauses(more: Partial<TaskDefinition>, count: number, loop: Loop = {}): (number | string)[] {
  const { ranMs = 5, random = 0.5, outcome = FAILED } = loop;
  const policy = policyFor(more);
  const found: (number | string)[] = [];
  let streak = FRESH;
  let mono = 0;
  for (let i = 0; i < count; i++) {
    mono += ranMs;
    const restart = nextRestart(policy, { outcome, streak, ranMs }, mono, random);
    if (restart.kind === "rest") return [...found, "rest"];
    if (restart.kind === "give_up") return [...found, restart.reason];
    found.push(restart.delayMs);
    mono += restart.delayMs;
    streak = restart.streak;
  }
  return found;
}

describe("the pauses of a crash loop", () => {
  const TABLE: readonly (readonly [string, Partial<TaskDefinition>, Loop, readonly (number | string)[]])[] = [
    ["fixed: an interval is that pause, always", { interval: 700 }, {}, [700, 700, 700]],
    ["fixed, after long runs too", { interval: 700 }, { ranMs: 60_000 }, [700, 700, 700]],
    ["adaptive: at once, then 100 ms doubling up to 3 s", {}, {}, [0, 100, 200, 400, 800, 1600, 3000, 3000]],
    ["adaptive, anew after a run of ten seconds", {}, { ranMs: 10_000 }, [0, 0, 0]],
    [
      "exponential: from delay_ms on",
      { restart: { delay_ms: 50, factor: 3, max_delay_ms: 1000 } },
      {},
      [50, 150, 450, 1000, 1000],
    ],
    ["exponential, a delay over the usual longest", { restart: { delay_ms: 5000 } }, {}, [5000, 5000]],
    ["steady: a factor of 1", { restart: { delay_ms: 250, factor: 1 } }, {}, [250, 250, 250]],
    ["a delay of 0 is none given, and no busy loop", { restart: { delay_ms: 0 } }, {}, [0, 100, 200]],
    ["jittered by a tenth down", {}, { random: 0 }, [0, 90, 180]],
    ["jittered by a tenth up", {}, { random: 0.999999 }, [0, 110, 220]],
    ["jittered by a half", { restart: { delay_ms: 100, jitter: 0.5 } }, { random: 0 }, [50, 100, 200]],
    ["not jittered", { restart: { delay_ms: 100, jitter: 0 } }, { random: 0 }, [100, 200]],
    ["reset after shorter runs if told so", { restart: { reset_after_ms: 5 } }, {}, [0, 0, 0]],
    [
      "windowed: given up at the third restart within it",
      { restart: { max_restarts: 2, window_ms: 1500 } },
      {},
      [0, 100, "gave up: 2 restarts within 1500 ms; last: exit code 1"],
    ],
    [
      "windowed, with an interval",
      { interval: 10, restart: { max_restarts: 5 } },
      {},
      [10, 10, 10, 10, 10, "gave up: 5 restarts within 60 s; last: exit code 1"],
    ],
    [
      "windowed, slow enough for the window",
      { interval: 800, restart: { max_restarts: 2, window_ms: 1500 } },
      {},
      [800, 800, 800, 800],
    ],
    [
      "none allowed",
      { restart: { max_restarts: 0 } },
      {},
      ["gave up: 0 restarts within 60 s; last: exit code 1"],
    ],
    ["never", { restart: { policy: "never" } }, {}, ["rest"]],
    ["on failure, and it failed", { restart: { policy: "on_failure" } }, {}, [0, 100, 200]],
    ["on failure, and it succeeded", { restart: { policy: "on_failure" } }, { outcome: SUCCEEDED }, ["rest"]],
    ["always, and it succeeded", { restart: { policy: "always" } }, { outcome: SUCCEEDED }, [0, 100, 200]],
    [
      "a schedule's retries",
      { type: "cron", schedule: { retries: 2, retry_delay_ms: 300 } },
      {},
      [300, 300, "rest"],
    ],
    [
      "a schedule's retries after a success",
      { type: "cron", schedule: { retries: 2 } },
      { outcome: SUCCEEDED },
      ["rest"],
    ],
  ];
  test.each(TABLE)("%s", (_, definition, loop, expected) => {
    expect(pauses(definition, expected.length, loop)).toEqual([...expected]);
  });
});

test.each(["once", "cron", "coroutine"] as const)("%s is not started again", (type) => {
  expect(pauses({ type }, 1)).toEqual(["rest"]);
});

test("whatever is no success is a failure", () => {
  const policy = policyFor({ restart: { policy: "on_failure" } });
  for (const outcome of [
    spawnError("no"),
    verdict("timeout", "late"),
    verdict("oom", "much"),
    verdict("lost", "?"),
  ])
    expect(nextRestart(policy, { outcome, streak: FRESH, ranMs: 1 }, 0, 0.5).kind).toBe("again");
});
