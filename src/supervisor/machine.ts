/**
 * The lifecycle of an instance as a pure function: (state, input, policy, now) to the next state and the effects.
 * It owns which moves are legal and nothing else: no process, no timer and no store is known here.
 *
 * Every run has an id, and an input that speaks of another run than the state's is dropped: a late exit can
 * neither stop nor start what came after it.
 */
import type { Cause, InstanceState, Moment, Next, Streak } from "../domain/instance.ts";
import { type Outcome, type RunId, spawnError, verdict } from "../domain/run.ts";
import { type Context, type Effect, type Input, type Step, wakeAt } from "./lifecycle.ts";
import type { Policy } from "./policy.ts";
import { type Ended, inUnits, nextRestart } from "./restart.ts";

const NOTHING: readonly Effect[] = [];
const FRESH: Streak = { attempt: 0, restarts: [] };
const same = (state: InstanceState): Step => ({ state, effects: NOTHING });
const later = (now: Moment, ms: number): Moment => ({ mono: now.mono + ms, wall: now.wall + ms });

export function step(
  state: InstanceState,
  input: Input,
  policy: Policy,
  context: Context,
  now: Moment,
): Step {
  switch (input.kind) {
    case "start":
      return start(state, input.cause, policy, now);
    case "stop":
      return stop(state, { kind: "stopped" }, null, policy, context, now);
    case "restart": {
      const why = input.why === null ? null : verdict("stopped", input.why);
      return stop(state, { kind: "start", cause: input.cause }, why, policy, context, now);
    }
    case "condemn":
      return condemn(state, input.run, input.outcome, policy, now);
    case "deps_met":
      return state.kind === "waiting" ? spawn(input.run, state.cause, FRESH, now) : same(state);
    case "deps_unmet":
      return state.kind === "waiting" ? unmet(state, input.waitingFor) : same(state);
    case "spawned":
      return spawned(state, input.run, input.pid, now);
    case "spawn_failed":
      if (state.kind === "running") return same(state);
      return ended(state, input.run, spawnError(input.reason), policy, context, now);
    case "exited":
      return ended(state, input.run, input.outcome, policy, context, now);
    case "gone":
      return gone(state, policy, context, now);
    case "adopted": {
      if (state.kind !== "stopped") return same(state);
      const { run, pid, since, cause } = input;
      return same({ kind: "running", since, run, streak: FRESH, cause, pid });
    }
    case "recalled":
      return same(state.kind === "stopped" ? resting(input.outcome, now) : state);
    case "tick":
      return tick(state, input.run, policy, now);
  }
}

function start(state: InstanceState, cause: Cause, policy: Policy, now: Moment): Step {
  switch (state.kind) {
    case "failed":
      if (state.stuck !== null) return same({ ...state, stuck: { kind: "start", cause } });
      return ready(cause, policy, now);
    case "stopped":
    case "exited":
    case "scheduled":
      return ready(cause, policy, now);
    case "stopping": {
      const goesOn = state.next.kind !== "stopped" && onlySchedules(cause, policy);
      return same(goesOn ? state : { ...state, next: { kind: "start", cause } });
    }
    case "backoff": {
      const goesOn = policy.scheduled && cause.trigger !== "manual";
      return goesOn ? same(state) : wait(cause, now);
    }
    case "waiting":
    case "starting":
    case "running":
      return same(state);
  }
}

/** An operator's start of a schedule puts it on its schedule; everything else goes for a process. */
function onlySchedules({ trigger }: Cause, policy: Policy): boolean {
  return policy.scheduled && trigger !== "schedule" && trigger !== "manual" && trigger !== "catch_up";
}

function ready(cause: Cause, policy: Policy, now: Moment): Step {
  return onlySchedules(cause, policy) ? same({ kind: "scheduled", since: now }) : wait(cause, now);
}

/** Every start goes through `waiting`; the group answers with `deps_met` or `deps_unmet`. */
function wait(cause: Cause, now: Moment): Step {
  return same({ kind: "waiting", since: now, waitingFor: [], cause });
}

/** The same answer again changes nothing. */
function unmet(state: Extract<InstanceState, { kind: "waiting" }>, waitingFor: readonly string[]): Step {
  const known = state.waitingFor;
  const equal = known.length === waitingFor.length && known.every((name, i) => name === waitingFor[i]);
  return same(equal ? state : { ...state, waitingFor });
}

function spawn(run: RunId, cause: Cause, streak: Streak, now: Moment): Step {
  return {
    state: { kind: "starting", since: now, run, streak, cause },
    effects: [{ kind: "spawn", run, cause }],
  };
}

function stop(
  state: InstanceState,
  next: Next,
  why: Outcome | null,
  policy: Policy,
  context: Context,
  now: Moment,
): Step {
  if (state.kind === "stopping") return same({ ...state, next });
  const live = state.kind === "starting" || state.kind === "running";
  if (!live && !context.leftovers) return follow(next, policy, context, now);
  return end(state, next, why, policy, now);
}

/** A person's stop that is under way, or an exit that was quicker, goes before a rule's. */
function condemn(state: InstanceState, run: RunId, outcome: Outcome, policy: Policy, now: Moment): Step {
  if (state.kind !== "running" || state.run !== run) return same(state);
  const { streak, cause } = state;
  const ranMs = now.mono - state.since.mono;
  const next: Next = { kind: "policy", outcome, ranMs, streak, scheduledFor: cause.scheduledFor };
  return end(state, next, outcome, policy, now);
}

function end(state: InstanceState, next: Next, why: Outcome | null, policy: Policy, now: Moment): Step {
  const live = state.kind === "starting" || state.kind === "running";
  return {
    state: {
      kind: "stopping",
      since: now,
      run: live ? state.run : null,
      pid: state.kind === "running" ? state.pid : null,
      phase: "term",
      deadline: now.mono + policy.stopTimeoutMs,
      next,
    },
    effects: [{ kind: "terminate", verdict: why }],
  };
}

/** Everything is gone; what was to come comes. */
function follow(next: Next, policy: Policy, context: Context, now: Moment): Step {
  switch (next.kind) {
    case "stopped":
      return same({ kind: "stopped", since: now });
    case "start":
      return ready(next.cause, policy, now);
    case "policy":
      return decide(next, next.scheduledFor, policy, context, now);
  }
}

function spawned(state: InstanceState, run: RunId, pid: number | null, now: Moment): Step {
  if (state.kind === "stopping" && state.run === run) return same({ ...state, pid });
  if (state.kind !== "starting" || state.run !== run) return same(state);
  const { streak, cause } = state;
  return same({ kind: "running", since: now, run, streak, cause, pid });
}

function ended(
  state: InstanceState,
  run: RunId,
  outcome: Outcome,
  policy: Policy,
  context: Context,
  now: Moment,
): Step {
  if (state.kind === "stopping" && state.run === run) {
    const next = state.next.kind === "policy" ? { ...state.next, outcome } : state.next;
    return same({ ...state, run: null, pid: null, next });
  }
  if ((state.kind !== "starting" && state.kind !== "running") || state.run !== run) return same(state);
  const neverRan = outcome.result === "spawn_error";
  const ranMs = neverRan ? 0 : now.mono - state.since.mono;
  const { streak, cause } = state;
  return decide({ outcome, streak, ranMs }, cause.scheduledFor, policy, context, now);
}

/** The restart policy says what follows a run that has ended. */
function decide(
  last: Ended,
  scheduledFor: number | null,
  policy: Policy,
  { random }: Context,
  now: Moment,
): Step {
  const { outcome } = last;
  const restart = nextRestart(policy.restart, last, now.mono, random);
  switch (restart.kind) {
    case "again": {
      const retryAt = later(now, restart.delayMs);
      const { streak } = restart;
      return same({ kind: "backoff", since: now, retryAt, streak, last: outcome, scheduledFor });
    }
    case "give_up": {
      const { reason, retryAfterMs } = restart;
      const retryAt = retryAfterMs === null ? null : later(now, retryAfterMs);
      return same({ kind: "failed", since: now, reason, retryAt, stuck: null });
    }
    case "rest":
      return same(policy.scheduled ? { kind: "scheduled", since: now } : resting(outcome, now));
  }
}

/** Where a run leaves an instance that is not started again. */
function resting(outcome: Outcome, now: Moment): InstanceState {
  if (outcome.result !== "spawn_error") return { kind: "exited", since: now, last: outcome };
  const reason = outcome.reason ?? "cannot be started";
  return { kind: "failed", since: now, reason, retryAt: null, stuck: null };
}

function gone(state: InstanceState, policy: Policy, context: Context, now: Moment): Step {
  if (state.kind === "failed" && state.stuck !== null) return follow(state.stuck, policy, context, now);
  if (state.kind !== "stopping" || state.run !== null) return same(state);
  return follow(state.next, policy, context, now);
}

function tick(state: InstanceState, run: RunId, policy: Policy, now: Moment): Step {
  const due = wakeAt(state, policy);
  if (due === null || now.mono < due) return same(state);
  switch (state.kind) {
    case "backoff":
      return spawn(run, { trigger: "restart", scheduledFor: state.scheduledFor }, state.streak, now);
    case "failed":
      return ready({ trigger: "restart", scheduledFor: null }, policy, now);
    case "running":
      return condemn(state, state.run, timedOut(policy), policy, now);
    case "stopping":
      return state.phase === "term" ? kill(state, policy, now) : same(unkillable(state.next, now));
    default:
      return same(state);
  }
}

function timedOut({ timeoutMs }: Policy): Outcome {
  return verdict("timeout", `it ran for longer than ${inUnits(timeoutMs ?? 0)}`);
}

function kill(state: Extract<InstanceState, { kind: "stopping" }>, policy: Policy, now: Moment): Step {
  const deadline = now.mono + policy.killTimeoutMs;
  return { state: { ...state, phase: "kill", deadline }, effects: [{ kind: "kill" }] };
}

function unkillable(next: Next, now: Moment): InstanceState {
  const reason = "unkillable: it is still there after SIGKILL";
  return { kind: "failed", since: now, reason, retryAt: null, stuck: next };
}
