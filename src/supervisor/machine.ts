/**
 * The lifecycle of an instance as a pure function: (state, input, policy, now) to the next state and the effects.
 * It owns which moves are legal and nothing else: no process, no timer and no store is known here.
 *
 * Every run has an id, and an input that speaks of another run than the state's is dropped: a late exit can
 * neither stop nor start what came after it.
 */
import type { InstanceState, Moment, StateKind } from "../domain/instance.ts";
import { type Outcome, type RunId, type Trigger, spawnError } from "../domain/run.ts";
import { type RestartPolicy, nextRestart } from "./restart.ts";

export type Input =
  | { readonly kind: "start"; readonly trigger: Trigger }
  | { readonly kind: "stop" }
  | { readonly kind: "restart" }
  | { readonly kind: "deps_met"; readonly run: RunId }
  | { readonly kind: "deps_unmet"; readonly waitingFor: readonly string[] }
  | { readonly kind: "spawned"; readonly run: RunId; readonly pid: number | null }
  | { readonly kind: "spawn_failed"; readonly run: RunId; readonly reason: string }
  | { readonly kind: "exited"; readonly run: RunId; readonly outcome: Outcome }
  /** Nothing that any run of this instance has started is left. */
  | { readonly kind: "gone" }
  /** From the store: this run of an earlier service is still going on. */
  | { readonly kind: "adopted"; readonly run: RunId; readonly pid: number | null }
  /** From the store: this is how its last run ended. */
  | { readonly kind: "recalled"; readonly outcome: Outcome }
  /** The time that `wakeAt` named has come; `run` is a fresh id in case a start follows. */
  | { readonly kind: "tick"; readonly run: RunId };

export type InputKind = Input["kind"];
export const INPUT_KINDS = [
  "start",
  "stop",
  "restart",
  "deps_met",
  "deps_unmet",
  "spawned",
  "spawn_failed",
  "exited",
  "gone",
  "adopted",
  "recalled",
  "tick",
] as const satisfies readonly InputKind[];

export type Effect =
  | { readonly kind: "spawn"; readonly run: RunId; readonly trigger: Trigger }
  /** Ask everything of this instance to end; the answer is `gone`. */
  | { readonly kind: "terminate" }
  | { readonly kind: "kill" };

export interface Policy {
  readonly restart: RestartPolicy;
  /** A scheduled task rests in `scheduled`; every other in `exited`. */
  readonly scheduled: boolean;
  readonly stopTimeoutMs: number;
  /** How long what was killed may take to vanish before it counts as unkillable. */
  readonly killTimeoutMs: number;
}

/** What the shell knows and the state does not. */
export interface Context {
  /** Something of an earlier run is still there, such as a process in the background. */
  readonly leftovers: boolean;
  /** In [0, 1), for jitter. */
  readonly random: number;
}

export interface Step {
  readonly state: InstanceState;
  readonly effects: readonly Effect[];
}

/** The moves that exist. `step` makes no other; the shell checks each against this table. */
export const MOVES = {
  stopped: ["waiting", "scheduled", "stopping", "stopped", "running", "exited", "failed"],
  waiting: ["waiting", "starting", "stopped", "scheduled", "stopping"],
  scheduled: ["waiting", "stopped", "stopping", "scheduled"],
  starting: ["running", "backoff", "failed", "scheduled", "exited", "stopping", "starting"],
  running: ["starting", "backoff", "exited", "scheduled", "stopping"],
  backoff: ["starting", "waiting", "stopping", "stopped"],
  stopping: ["stopping", "stopped", "waiting", "scheduled", "failed"],
  exited: ["waiting", "stopped", "stopping"],
  failed: ["waiting", "stopped", "stopping", "scheduled"],
} as const satisfies Record<StateKind, readonly StateKind[]>;

const NOTHING: readonly Effect[] = [];
const same = (state: InstanceState): Step => ({ state, effects: NOTHING });

/** When the shell has to send a `tick`, on the monotonic clock; `null` for never. */
export function wakeAt(state: InstanceState): number | null {
  if (state.kind === "backoff") return state.retryAt.mono;
  if (state.kind === "stopping") return state.deadline;
  return null;
}

export function step(
  state: InstanceState,
  input: Input,
  policy: Policy,
  context: Context,
  now: Moment,
): Step {
  switch (input.kind) {
    case "start":
      return isStuck(state) ? same(state) : start(state, input.trigger, policy, now);
    case "stop":
      return stop(state, "stopped", policy, context, now);
    case "restart":
      return stop(state, "start", policy, context, now);
    case "deps_met":
      return state.kind === "waiting" ? spawn(input.run, state.trigger, 0, now) : same(state);
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
      return gone(state, policy, now);
    case "adopted":
      if (state.kind !== "stopped") return same(state);
      return same({ kind: "running", since: now, run: input.run, attempt: 0, pid: input.pid });
    case "recalled":
      return same(state.kind === "stopped" ? resting(input.outcome, now) : state);
    case "tick":
      return tick(state, input.run, policy, now);
  }
}

function isStuck(state: InstanceState): boolean {
  return state.kind === "failed" && state.stuck;
}

function start(state: InstanceState, trigger: Trigger, policy: Policy, now: Moment): Step {
  switch (state.kind) {
    case "stopped":
    case "exited":
    case "failed":
    case "scheduled":
      return ready(trigger, policy, now);
    case "stopping":
      return same({ ...state, next: "start" });
    case "backoff":
      return trigger === "schedule" ? same(state) : wait(trigger, now);
    case "waiting":
    case "starting":
    case "running":
      return same(state);
  }
}

/** What asks for a run of a scheduled task, and not for its schedule. */
const FOR_A_RUN: ReadonlySet<Trigger> = new Set(["schedule", "catch_up", "manual"]);

/** An operator's start of a schedule puts it on its schedule; everything else goes for a process. */
function ready(trigger: Trigger, policy: Policy, now: Moment): Step {
  const onSchedule = policy.scheduled && !FOR_A_RUN.has(trigger);
  return onSchedule ? same({ kind: "scheduled", since: now }) : wait(trigger, now);
}

/** Every start goes through `waiting`; the group answers with `deps_met` or `deps_unmet`. */
function wait(trigger: Trigger, now: Moment): Step {
  return same({ kind: "waiting", since: now, waitingFor: [], trigger });
}

/** The same answer again changes nothing. */
function unmet(state: Extract<InstanceState, { kind: "waiting" }>, waitingFor: readonly string[]): Step {
  const known = state.waitingFor;
  const equal = known.length === waitingFor.length && known.every((name, i) => name === waitingFor[i]);
  return same(equal ? state : { ...state, waitingFor });
}

function spawn(run: RunId, trigger: Trigger, attempt: number, now: Moment): Step {
  return {
    state: { kind: "starting", since: now, run, attempt, trigger },
    effects: [{ kind: "spawn", run, trigger }],
  };
}

function stop(
  state: InstanceState,
  next: "stopped" | "start",
  policy: Policy,
  context: Context,
  now: Moment,
): Step {
  if (state.kind === "stopping") return same({ ...state, next });
  const live = state.kind === "starting" || state.kind === "running";
  if (!live && !context.leftovers) return rest(next, policy, now);
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
    effects: [{ kind: "terminate" }],
  };
}

function rest(next: "stopped" | "start", policy: Policy, now: Moment): Step {
  return next === "start" ? ready("api", policy, now) : same({ kind: "stopped", since: now });
}

function spawned(state: InstanceState, run: RunId, pid: number | null, now: Moment): Step {
  if (state.kind === "stopping" && state.run === run) return same({ ...state, pid });
  if (state.kind !== "starting" || state.run !== run) return same(state);
  return same({ kind: "running", since: now, run, attempt: state.attempt, pid });
}

function ended(
  state: InstanceState,
  run: RunId,
  outcome: Outcome,
  policy: Policy,
  context: Context,
  now: Moment,
): Step {
  if (state.kind === "stopping" && state.run === run) return same({ ...state, run: null, pid: null });
  if ((state.kind !== "starting" && state.kind !== "running") || state.run !== run) return same(state);
  const neverRan = outcome.result === "spawn_error";
  const ranMs = neverRan ? 0 : now.mono - state.since.mono;
  const again = nextRestart(policy.restart, { attempt: state.attempt, ranMs }, context.random);
  if (again !== null) {
    const { delayMs, attempt } = again;
    const retryAt = { mono: now.mono + delayMs, wall: now.wall + delayMs };
    return same({ kind: "backoff", since: now, retryAt, attempt, last: outcome });
  }
  return same(policy.scheduled ? { kind: "scheduled", since: now } : resting(outcome, now));
}

/** Where a run leaves an instance that is not started again. */
function resting(outcome: Outcome, now: Moment): InstanceState {
  if (outcome.result !== "spawn_error") return { kind: "exited", since: now, last: outcome };
  return { kind: "failed", since: now, reason: outcome.reason ?? "cannot be started", stuck: false };
}

function gone(state: InstanceState, policy: Policy, now: Moment): Step {
  if (isStuck(state)) return same({ kind: "stopped", since: now });
  if (state.kind !== "stopping" || state.run !== null) return same(state);
  return rest(state.next, policy, now);
}

function tick(state: InstanceState, run: RunId, policy: Policy, now: Moment): Step {
  const due = wakeAt(state);
  if (due === null || now.mono < due) return same(state);
  if (state.kind === "backoff") return spawn(run, "restart", state.attempt, now);
  if (state.kind !== "stopping") return same(state);
  if (state.phase === "term") {
    const deadline = now.mono + policy.killTimeoutMs;
    return { state: { ...state, phase: "kill", deadline }, effects: [{ kind: "kill" }] };
  }
  return same({
    kind: "failed",
    since: now,
    reason: "unkillable: it is still there after SIGKILL",
    stuck: true,
  });
}
