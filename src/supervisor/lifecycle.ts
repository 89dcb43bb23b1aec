/** The words of the lifecycle: what an instance may be told, what it may ask for in turn, and which moves there are. */
import type { Cause, InstanceState, Moment, StateKind } from "../domain/instance.ts";
import type { Outcome, RunId } from "../domain/run.ts";
import type { Policy } from "./policy.ts";

export type Input =
  | { readonly kind: "start"; readonly cause: Cause }
  | { readonly kind: "stop" }
  /** Ends what goes on and starts anew. `why` is the reason that is noted of the run, if there is one. */
  | { readonly kind: "restart"; readonly cause: Cause; readonly why: string | null }
  /** A rule ends this run with this outcome; the restart policy decides what follows. */
  | { readonly kind: "condemn"; readonly run: RunId; readonly outcome: Outcome }
  | { readonly kind: "deps_met"; readonly run: RunId }
  | { readonly kind: "deps_unmet"; readonly waitingFor: readonly string[] }
  | { readonly kind: "spawned"; readonly run: RunId; readonly pid: number | null }
  | { readonly kind: "spawn_failed"; readonly run: RunId; readonly reason: string }
  | { readonly kind: "exited"; readonly run: RunId; readonly outcome: Outcome }
  /** Nothing that any run of this instance has started is left. */
  | { readonly kind: "gone" }
  /** From the store: this run of an earlier service has been going on since then. */
  | {
      readonly kind: "adopted";
      readonly run: RunId;
      readonly pid: number | null;
      readonly since: Moment;
      readonly cause: Cause;
    }
  /** From the store: this is how its last run ended. */
  | { readonly kind: "recalled"; readonly outcome: Outcome }
  /** The time that `wakeAt` named has come; `run` is a fresh id in case a start follows. */
  | { readonly kind: "tick"; readonly run: RunId };

export type InputKind = Input["kind"];
export const INPUT_KINDS = [
  "start",
  "stop",
  "restart",
  "condemn",
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
  | { readonly kind: "spawn"; readonly run: RunId; readonly cause: Cause }
  /** Ask everything of this instance to end; the answer is `gone`. The verdict is the outcome of the run that goes on. */
  | { readonly kind: "terminate"; readonly verdict: Outcome | null }
  | { readonly kind: "kill" };

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
  running: ["starting", "backoff", "exited", "failed", "scheduled", "stopping"],
  backoff: ["starting", "waiting", "stopping", "stopped", "scheduled"],
  stopping: ["stopping", "stopped", "waiting", "scheduled", "backoff", "exited", "failed"],
  exited: ["waiting", "stopped", "stopping", "scheduled"],
  failed: ["waiting", "stopped", "stopping", "scheduled", "failed", "backoff", "exited"],
} as const satisfies Record<StateKind, readonly StateKind[]>;

/** When the shell has to send a `tick`, on the monotonic clock; `null` for never. */
export function wakeAt(state: InstanceState, { timeoutMs }: Pick<Policy, "timeoutMs">): number | null {
  switch (state.kind) {
    case "backoff":
      return state.retryAt.mono;
    case "stopping":
      return state.deadline;
    case "failed":
      return state.retryAt?.mono ?? null;
    case "running":
      return timeoutMs === null ? null : state.since.mono + timeoutMs;
    default:
      return null;
  }
}
