import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  type Cause,
  type InstanceState,
  type Moment,
  STATE_KINDS,
  type Streak,
  isActive,
} from "../../src/domain/instance.ts";
import { type Outcome, outcomeOf, verdict } from "../../src/domain/run.ts";
import { type Context, INPUT_KINDS, type Input, MOVES, wakeAt } from "../../src/supervisor/lifecycle.ts";
import { step } from "../../src/supervisor/machine.ts";
import type { Policy } from "../../src/supervisor/policy.ts";

const at = (mono: number): Moment => ({ mono, wall: 1_700_000_000_000 + mono });
const NOW = at(1000);
const CALM: Context = { leftovers: false, random: 0.5 };
const policy = (changes: Partial<Policy> = {}): Policy => ({
  restart: { kind: "never" },
  scheduled: false,
  timeoutMs: null,
  stopTimeoutMs: 10_000,
  killTimeoutMs: 5_000,
  ...changes,
});
const FIXED = {
  kind: "restarts",
  when: "always",
  pause: { kind: "fixed", delayMs: 500 },
  limit: null,
} as const;
const DAEMON = policy({ restart: FIXED });
const ONCE_MORE = policy({
  restart: { ...FIXED, limit: { restarts: 1, windowMs: 60_000, retryAfterMs: 30_000 } },
});
const SCHEDULE = policy({ scheduled: true });
const RETRYING = policy({ scheduled: true, restart: { kind: "retries", retries: 2, delayMs: 500 } });
const TIMED = policy({ timeoutMs: 2000 });
const FAILED: Outcome = outcomeOf({ exit_code: 3, exit_signal: null }, false);
const SUCCEEDED: Outcome = outcomeOf({ exit_code: 0, exit_signal: null }, false);
const OOM = verdict("oom", "too much");

const API: Cause = { trigger: "api", scheduledFor: null };
const TIME: Cause = { trigger: "schedule", scheduledFor: 1_700_000_000_000 };
const FRESH: Streak = { attempt: 0, restarts: [] };
const STATES: Record<(typeof STATE_KINDS)[number], InstanceState> = {
  stopped: { kind: "stopped", since: at(0) },
  waiting: { kind: "waiting", since: at(0), waitingFor: ["a"], cause: API },
  scheduled: { kind: "scheduled", since: at(0) },
  starting: { kind: "starting", since: at(0), run: "r1", streak: FRESH, cause: API },
  running: { kind: "running", since: at(0), run: "r1", streak: FRESH, cause: API, pid: 7 },
  backoff: {
    kind: "backoff",
    since: at(0),
    retryAt: at(900),
    streak: { attempt: 1, restarts: [] },
    last: FAILED,
    scheduledFor: null,
  },
  stopping: {
    kind: "stopping",
    since: at(0),
    run: "r1",
    pid: 7,
    phase: "term",
    deadline: 900,
    next: { kind: "stopped" },
  },
  exited: { kind: "exited", since: at(0), last: FAILED },
  failed: { kind: "failed", since: at(0), reason: "no", retryAt: null, stuck: null },
};
const INPUTS: Record<(typeof INPUT_KINDS)[number], Input> = {
  start: { kind: "start", cause: API },
  stop: { kind: "stop" },
  restart: { kind: "restart", cause: API, why: null },
  condemn: { kind: "condemn", run: "r1", outcome: OOM },
  deps_met: { kind: "deps_met", run: "r2" },
  deps_unmet: { kind: "deps_unmet", waitingFor: ["b"] },
  spawned: { kind: "spawned", run: "r1", pid: 7 },
  spawn_failed: { kind: "spawn_failed", run: "r1", reason: "no" },
  exited: { kind: "exited", run: "r1", outcome: FAILED },
  gone: { kind: "gone" },
  adopted: { kind: "adopted", run: "r2", pid: 8, since: at(500), cause: API },
  recalled: { kind: "recalled", outcome: FAILED },
  tick: { kind: "tick", run: "r2" },
};

const next = (state: InstanceState, input: Input, by = policy(), context = CALM) =>
  step(state, input, by, context, NOW);

describe("every state and every input", () => {
  /** Rows are states, columns inputs in the order of INPUT_KINDS; "." is no change. */
  const TABLE: Record<string, string> = {
    stopped: "waiting stopped waiting . . . . . . . running exited .",
    waiting: ". stopped waiting . starting waiting . . . . . . .",
    scheduled: "waiting stopped waiting . . . . . . . . . .",
    starting: ". stopping stopping . . . running failed exited . . . .",
    running: ". stopping stopping stopping . . . . exited . . . .",
    backoff: "waiting stopped waiting . . . . . . . . . starting",
    stopping: "stopping stopping stopping . . . stopping stopping stopping . . . stopping",
    exited: "waiting stopped waiting . . . . . . . . . .",
    failed: "waiting stopped waiting . . . . . . . . . .",
  };
  for (const state of STATE_KINDS)
    for (const [column, input] of INPUT_KINDS.entries())
      test(`${state} on ${input}`, () => {
        const before = STATES[state];
        const after = next(before, INPUTS[input]).state;
        const expected = TABLE[state]?.split(" ")[column];
        expect(after === before ? "." : after.kind).toBe(expected ?? "missing");
        const legal: readonly string[] = MOVES[state];
        expect(after === before || legal.includes(after.kind)).toBe(true);
      });
});

describe("a run's inputs", () => {
  test("of an older run are dropped, so a late exit ends nothing that came after it", () => {
    for (const kind of ["spawned", "spawn_failed", "exited", "condemn"] as const) {
      const stale = { ...INPUTS[kind], run: "r0" } as Input;
      for (const state of [STATES.starting, STATES.running, STATES.stopping])
        expect(next(state, stale)).toEqual({ state, effects: [] });
    }
  });

  test("a start becomes a spawn once the dependencies are met", () => {
    const waiting = next(STATES.stopped, INPUTS.start).state;
    expect(next(waiting, INPUTS.deps_met)).toEqual({
      state: { kind: "starting", since: NOW, run: "r2", streak: FRESH, cause: API },
      effects: [{ kind: "spawn", run: "r2", cause: API }],
    });
  });

  test("the same unmet dependencies again change nothing", () => {
    const again: Input = { kind: "deps_unmet", waitingFor: ["a"] };
    expect(next(STATES.waiting, again).state).toBe(STATES.waiting);
  });
});

describe("an exit", () => {
  test("of a once task is its end, with the outcome kept", () => {
    expect(next(STATES.running, INPUTS.exited).state).toEqual({ kind: "exited", since: NOW, last: FAILED });
  });

  test("of a daemon is followed by a pause of exactly its interval", () => {
    const { state } = next(STATES.running, INPUTS.exited, DAEMON);
    expect(state).toMatchObject({ kind: "backoff", retryAt: at(1500) });
    expect(wakeAt(state, DAEMON)).toBe(1500);
  });

  test("of a schedule puts it back on its schedule", () => {
    expect(next(STATES.running, INPUTS.exited, SCHEDULE).state.kind).toBe("scheduled");
  });

  test("a daemon that cannot be spawned is tried again", () => {
    expect(next(STATES.starting, INPUTS.spawn_failed, DAEMON).state.kind).toBe("backoff");
  });
});

describe("a schedule", () => {
  test("is put on its schedule by an operator's start, and runs by the schedule's", () => {
    expect(next(STATES.stopped, INPUTS.start, SCHEDULE).state.kind).toBe("scheduled");
    for (const trigger of ["schedule", "manual", "catch_up"] as const)
      expect(
        next(STATES.scheduled, { kind: "start", cause: { ...TIME, trigger } }, SCHEDULE).state.kind,
      ).toBe("waiting");
  });

  test("repeats a run that failed, for the same time, so often and no more", () => {
    let state: InstanceState = {
      kind: "running",
      since: at(0),
      run: "r1",
      streak: FRESH,
      cause: TIME,
      pid: 7,
    };
    for (const attempt of [1, 2]) {
      const backoff = next(state, INPUTS.exited, RETRYING).state;
      expect(backoff).toMatchObject({ kind: "backoff", retryAt: at(1500), scheduledFor: TIME.scheduledFor });
      const again = step(backoff, { kind: "tick", run: "r1" }, RETRYING, CALM, at(1500));
      const cause: Cause = { ...TIME, trigger: "restart" };
      expect(again.effects).toEqual([{ kind: "spawn", run: "r1", cause }]);
      expect(again.state).toMatchObject({ streak: { attempt } });
      state = next(again.state, INPUTS.spawned, RETRYING).state;
    }
    expect(next(state, INPUTS.exited, RETRYING).state.kind).toBe("scheduled");
  });

  test("does not repeat one that succeeded, and a time that comes in a pause starts nothing", () => {
    const succeeded: Input = { kind: "exited", run: "r1", outcome: SUCCEEDED };
    expect(next(STATES.running, succeeded, RETRYING).state.kind).toBe("scheduled");
    expect(next(STATES.backoff, { kind: "start", cause: TIME }, RETRYING).state).toBe(STATES.backoff);
    expect(next(STATES.backoff, INPUTS.start, RETRYING).state).toBe(STATES.backoff);
  });

  test("may have its run replaced: the next is for the new time", () => {
    const replaced = next(STATES.running, { kind: "restart", cause: TIME, why: "replaced" }, SCHEDULE);
    expect(replaced.effects).toEqual([{ kind: "terminate", verdict: verdict("stopped", "replaced") }]);
    const ended = next(replaced.state, INPUTS.exited, SCHEDULE).state;
    expect(next(ended, INPUTS.gone, SCHEDULE).state).toMatchObject({ kind: "waiting", cause: TIME });
    expect(next(ended, INPUTS.start, SCHEDULE).state).toBe(ended);
  });
});

describe("a rule that ends a run", () => {
  const condemned = next(STATES.running, INPUTS.condemn, DAEMON);
  const rest = (state: InstanceState, by: Policy) => {
    const ended = next(state, { kind: "exited", run: "r1", outcome: OOM }, by).state;
    return next(ended, INPUTS.gone, by).state;
  };

  test("ends everything of it with its verdict, and then the restart policy decides", () => {
    expect(condemned.effects).toEqual([{ kind: "terminate", verdict: OOM }]);
    expect(rest(condemned.state, DAEMON)).toMatchObject({ kind: "backoff", last: OOM });
    expect(rest(condemned.state, policy())).toMatchObject({ kind: "exited", last: OOM });
    expect(rest(condemned.state, SCHEDULE).kind).toBe("scheduled");
    expect(rest(condemned.state, RETRYING).kind).toBe("backoff");
  });

  test("yields to a person, before it and after it", () => {
    const stopped = next(condemned.state, INPUTS.stop, DAEMON).state;
    expect(rest(stopped, DAEMON).kind).toBe("stopped");
    expect(next(STATES.stopping, INPUTS.condemn, DAEMON).state).toBe(STATES.stopping);
  });

  test("is a timeout when the time of the run is over", () => {
    expect(wakeAt(STATES.running, TIMED)).toBe(2000);
    expect(next(STATES.running, INPUTS.tick, TIMED).state).toBe(STATES.running);
    const late = step(STATES.running, INPUTS.tick, TIMED, CALM, at(2000));
    expect(late.effects).toEqual([
      { kind: "terminate", verdict: verdict("timeout", "it ran for longer than 2 s") },
    ]);
  });
});

describe("giving up", () => {
  const gaveUp = next(
    { ...STATES.running, streak: { attempt: 1, restarts: [400] } } as InstanceState,
    INPUTS.exited,
    ONCE_MORE,
  );

  test("is failed, with the reason in words and the time of the next try", () => {
    expect(gaveUp.state).toMatchObject({
      kind: "failed",
      reason: "gave up: 1 restart within 60 s; last: exit code 3",
      retryAt: at(31_000),
    });
    expect(wakeAt(gaveUp.state, ONCE_MORE)).toBe(31_000);
  });

  test("ends by itself with a try that begins anew, or by a start", () => {
    const tried = step(gaveUp.state, INPUTS.tick, ONCE_MORE, CALM, at(31_000)).state;
    expect(tried).toMatchObject({ kind: "waiting", cause: { trigger: "restart" } });
    expect(next(tried, INPUTS.deps_met, ONCE_MORE).state).toMatchObject({ streak: FRESH });
    expect(next(gaveUp.state, INPUTS.start, ONCE_MORE).state.kind).toBe("waiting");
  });
});

describe("a stop", () => {
  test("terminates, kills after its timeout, and gives up after the kill's", () => {
    const stopping = next(STATES.running, INPUTS.stop);
    expect(stopping.effects).toEqual([{ kind: "terminate", verdict: null }]);
    expect(wakeAt(stopping.state, policy())).toBe(11_000);
    const killing = step(stopping.state, INPUTS.tick, policy(), CALM, at(11_000));
    expect(killing.effects).toEqual([{ kind: "kill" }]);
    const stuck = step(killing.state, INPUTS.tick, policy(), CALM, at(16_000));
    expect(stuck.state).toMatchObject({ kind: "failed", reason: expect.stringContaining("unkillable") });
  });

  test("is over when the process has exited and nothing is left, not before", () => {
    const stopping = next(STATES.running, INPUTS.stop).state;
    expect(next(stopping, INPUTS.gone).state).toBe(stopping);
    const exited = next(stopping, INPUTS.exited).state;
    expect(exited.kind).toBe("stopping");
    expect(next(exited, INPUTS.gone).state.kind).toBe("stopped");
  });

  test("of a finished run ends what that run has left behind", () => {
    const { state, effects } = next(STATES.exited, INPUTS.stop, policy(), { ...CALM, leftovers: true });
    expect(state).toMatchObject({ kind: "stopping", run: null });
    expect(effects).toEqual([{ kind: "terminate", verdict: null }]);
  });

  test("overrides a restart that is under way, and the other way round", () => {
    const restarting = next(STATES.running, INPUTS.restart).state;
    expect(restarting).toMatchObject({ next: { kind: "start" } });
    expect(next(restarting, INPUTS.stop).state).toMatchObject({ next: { kind: "stopped" } });
    expect(next(STATES.stopping, INPUTS.start).state).toMatchObject({ next: { kind: "start" } });
  });
});

describe("while an unkillable process is there", () => {
  const stuck = (after: "stopped" | "start"): InstanceState => {
    const then = after === "start" ? { kind: after, cause: API } : { kind: after };
    return { kind: "failed", since: at(0), reason: "unkillable", retryAt: null, stuck: then };
  };

  test("no other is started; once it is gone the way is free", () => {
    expect(next(stuck("stopped"), INPUTS.gone).state.kind).toBe("stopped");
    expect(next(stuck("start"), INPUTS.gone).state.kind).toBe("waiting");
  });

  test("a start is remembered for when it is gone", () => {
    expect(next(stuck("stopped"), INPUTS.start).state).toEqual(stuck("start"));
  });
});

const OPERATIONS = [
  "start",
  "stop",
  "restart",
  "condemn",
  "exit",
  "linger",
  "spawned",
  "fail",
  "tick",
] as const;

test("10,000 random histories: never two processes, never a stopped one running, always a way forward", () => {
  const operations = fc.array(fc.constantFrom(...OPERATIONS), { minLength: 1, maxLength: 40 });
  const policies = fc.constantFrom(policy(), DAEMON, ONCE_MORE, SCHEDULE, RETRYING, TIMED);
  fc.assert(
    fc.property(operations, policies, (history, by) => {
      let state: InstanceState = STATES.stopped;
      let mono = 0;
      let runs = 0;
      /** Processes, and what ended ones have left in the background. */
      const alive = new Set<string>();
      const left = new Set<string>();
      const send = (input: Input): void => {
        const context = { leftovers: alive.size + left.size > 0, random: 0.5 };
        const before = state;
        const { state: after, effects } = step(state, input, by, context, at(mono));
        state = after;
        const legal: readonly string[] = MOVES[before.kind];
        if (after !== before) expect(legal).toContain(after.kind);
        for (const effect of effects) if (effect.kind === "spawn") alive.add(effect.run);
        expect(alive.size).toBeLessThanOrEqual(1);
        if (state.kind === "waiting") send({ kind: "deps_met", run: `r${++runs}` });
      };
      const exit = (leaving: boolean): void => {
        for (const run of [...alive]) {
          alive.delete(run);
          if (leaving) left.add(run);
          send({ kind: "exited", run, outcome: FAILED });
        }
        if (leaving || alive.size > 0) return;
        left.clear();
        send({ kind: "gone" });
      };
      for (const operation of history) {
        mono += 7000;
        const [run = "none"] = alive;
        if (operation === "exit") exit(false);
        else if (operation === "linger") exit(true);
        else if (operation === "spawned") send({ kind: "spawned", run, pid: 7 });
        else if (operation === "tick") send({ kind: "tick", run: `r${++runs}` });
        else if (operation === "condemn") send({ kind: "condemn", run, outcome: OOM });
        else if (operation === "fail") {
          if (state.kind !== "starting") continue;
          alive.delete(run);
          send({ kind: "spawn_failed", run, reason: "no" });
        } else if (operation === "start") send({ kind: "start", cause: TIME });
        else if (operation === "restart") send(INPUTS.restart);
        else send({ kind: "stop" });
      }
      const mayLive = ["starting", "running", "stopping"].includes(state.kind);
      const stuck = state.kind === "failed" && state.stuck !== null;
      if (!mayLive && !stuck) expect(alive.size).toBe(0);
      send({ kind: "start", cause: TIME });
      exit(false);
      send({ kind: "stop" });
      exit(false);
      expect(isActive(state)).toBe(false);
      send({ kind: "start", cause: TIME });
      expect(alive.size).toBe(1);
    }),
    { numRuns: 10_000 },
  );
}, 60_000);
