import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type InstanceState, type Moment, STATE_KINDS, isActive } from "../../src/domain/instance.ts";
import { type Outcome, outcomeOf } from "../../src/domain/run.ts";
import {
  type Context,
  INPUT_KINDS,
  type Input,
  MOVES,
  type Policy,
  step,
  wakeAt,
} from "../../src/supervisor/machine.ts";

const at = (mono: number): Moment => ({ mono, wall: 1_700_000_000_000 + mono });
const NOW = at(1000);
const CALM: Context = { leftovers: false, random: 0.5 };
const policy = (changes: Partial<Policy> = {}): Policy => ({
  restart: { kind: "never" },
  scheduled: false,
  stopTimeoutMs: 10_000,
  killTimeoutMs: 5_000,
  ...changes,
});
const DAEMON = policy({ restart: { kind: "fixed", delayMs: 500 } });
const SCHEDULE = policy({ scheduled: true });
const FAILED: Outcome = outcomeOf({ exit_code: 3, exit_signal: null }, false);

const STATES: Record<(typeof STATE_KINDS)[number], InstanceState> = {
  stopped: { kind: "stopped", since: at(0) },
  waiting: { kind: "waiting", since: at(0), waitingFor: ["a"], trigger: "api" },
  scheduled: { kind: "scheduled", since: at(0) },
  starting: { kind: "starting", since: at(0), run: "r1", attempt: 0, trigger: "api" },
  running: { kind: "running", since: at(0), run: "r1", attempt: 0, pid: 7 },
  backoff: { kind: "backoff", since: at(0), retryAt: at(900), attempt: 1, last: FAILED },
  stopping: {
    kind: "stopping",
    since: at(0),
    run: "r1",
    pid: 7,
    phase: "term",
    deadline: 900,
    next: "stopped",
  },
  exited: { kind: "exited", since: at(0), last: FAILED },
  failed: { kind: "failed", since: at(0), reason: "no", stuck: false },
};
const INPUTS: Record<(typeof INPUT_KINDS)[number], Input> = {
  start: { kind: "start", trigger: "api" },
  stop: { kind: "stop" },
  restart: { kind: "restart" },
  deps_met: { kind: "deps_met", run: "r2" },
  deps_unmet: { kind: "deps_unmet", waitingFor: ["b"] },
  spawned: { kind: "spawned", run: "r1", pid: 7 },
  spawn_failed: { kind: "spawn_failed", run: "r1", reason: "no" },
  exited: { kind: "exited", run: "r1", outcome: FAILED },
  gone: { kind: "gone" },
  adopted: { kind: "adopted", run: "r2", pid: 8 },
  recalled: { kind: "recalled", outcome: FAILED },
  tick: { kind: "tick", run: "r2" },
};

const next = (state: InstanceState, input: Input, by = policy(), context = CALM) =>
  step(state, input, by, context, NOW);

describe("every state and every input", () => {
  /** Rows are states, columns inputs in the order of INPUT_KINDS; "." is no change. */
  const TABLE: Record<string, string> = {
    stopped: "waiting stopped waiting . . . . . . running exited .",
    waiting: ". stopped waiting starting waiting . . . . . . .",
    scheduled: "waiting stopped waiting . . . . . . . . .",
    starting: ". stopping stopping . . running failed exited . . . .",
    running: ". stopping stopping . . . . exited . . . .",
    backoff: "waiting stopped waiting . . . . . . . . starting",
    stopping: "stopping stopping stopping . . stopping stopping stopping . . . stopping",
    exited: "waiting stopped waiting . . . . . . . . .",
    failed: "waiting stopped waiting . . . . . . . . .",
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
    for (const kind of ["spawned", "spawn_failed", "exited"] as const) {
      const stale = { ...INPUTS[kind], run: "r0" } as Input;
      for (const state of [STATES.starting, STATES.running, STATES.stopping])
        expect(next(state, stale)).toEqual({ state, effects: [] });
    }
  });

  test("a start becomes a spawn once the dependencies are met", () => {
    const waiting = next(STATES.stopped, INPUTS.start).state;
    expect(next(waiting, INPUTS.deps_met)).toEqual({
      state: { kind: "starting", since: NOW, run: "r2", attempt: 0, trigger: "api" },
      effects: [{ kind: "spawn", run: "r2", trigger: "api" }],
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
    expect(wakeAt(state)).toBe(1500);
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
    expect(next(STATES.scheduled, { kind: "start", trigger: "schedule" }, SCHEDULE).state.kind).toBe(
      "waiting",
    );
  });
});

describe("a stop", () => {
  test("terminates, kills after its timeout, and gives up after the kill's", () => {
    const stopping = next(STATES.running, INPUTS.stop);
    expect(stopping.effects).toEqual([{ kind: "terminate" }]);
    expect(wakeAt(stopping.state)).toBe(11_000);
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
    expect(effects).toEqual([{ kind: "terminate" }]);
  });

  test("overrides a restart that is under way, and the other way round", () => {
    const restarting = next(STATES.running, INPUTS.restart).state;
    expect(restarting).toMatchObject({ next: "start" });
    expect(next(restarting, INPUTS.stop).state).toMatchObject({ next: "stopped" });
    expect(next(STATES.stopping, INPUTS.start).state).toMatchObject({ next: "start" });
  });
});

test("while an unkillable process is there no other is started; once it is gone the way is free", () => {
  const stuck: InstanceState = { kind: "failed", since: at(0), reason: "unkillable", stuck: true };
  expect(next(stuck, INPUTS.start).state).toBe(stuck);
  expect(next(stuck, INPUTS.gone).state.kind).toBe("stopped");
});

test("10,000 random histories: never two processes, never a stopped one running, always a way forward", () => {
  const operations = fc.array(
    fc.constantFrom("start", "stop", "restart", "exit", "spawned", "fail", "tick"),
    {
      minLength: 1,
      maxLength: 40,
    },
  );
  fc.assert(
    fc.property(operations, fc.constantFrom(policy(), DAEMON, SCHEDULE), (history, by) => {
      let state: InstanceState = STATES.stopped;
      let mono = 0;
      let runs = 0;
      const alive = new Set<string>();
      const send = (input: Input): void => {
        const { state: after, effects } = step(
          state,
          input,
          by,
          { leftovers: alive.size > 0, random: 0.5 },
          at(mono),
        );
        state = after;
        for (const effect of effects) if (effect.kind === "spawn") alive.add(effect.run);
        expect(alive.size).toBeLessThanOrEqual(1);
        if (state.kind === "waiting") send({ kind: "deps_met", run: `r${++runs}` });
      };
      const exit = (): void => {
        for (const run of [...alive]) {
          alive.delete(run);
          send({ kind: "exited", run, outcome: FAILED });
        }
        send({ kind: "gone" });
      };
      for (const operation of history) {
        mono += 7000;
        const [run = "none"] = alive;
        if (operation === "exit") exit();
        else if (operation === "spawned") send({ kind: "spawned", run, pid: 7 });
        else if (operation === "tick") send({ kind: "tick", run: `r${++runs}` });
        else if (operation === "fail") {
          if (state.kind !== "starting") continue;
          alive.delete(run);
          send({ kind: "spawn_failed", run, reason: "no" });
        } else if (operation === "start") send({ kind: "start", trigger: "schedule" });
        else send({ kind: operation });
      }
      const mayLive = ["starting", "running", "stopping"].includes(state.kind);
      const stuck = state.kind === "failed" && state.stuck;
      if (!mayLive && !stuck) expect(alive.size).toBe(0);
      send({ kind: "stop" });
      exit();
      expect(isActive(state)).toBe(false);
    }),
    { numRuns: 10_000 },
  );
}, 30_000);
