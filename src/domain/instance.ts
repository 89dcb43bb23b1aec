/** The state of an instance: one replica's place, which lives as long as its task. */
import type { Outcome, RunId, Trigger } from "./run.ts";

/** A moment: `mono` in milliseconds of a clock that never jumps, `wall` in Unix milliseconds. */
export interface Moment {
  readonly mono: number;
  readonly wall: number;
}

interface Since {
  readonly since: Moment;
}
/** Why a run is wanted. */
export interface Cause {
  readonly trigger: Trigger;
  /** The time of the schedule that asks for it, in Unix ms; `null` if none does. */
  readonly scheduledFor: number | null;
}

/** How it has gone lately: what the restart policy counts by. */
export interface Streak {
  /** How many quick restarts came before this run. */
  readonly attempt: number;
  /** When it was started again within the policy's window, on the monotonic clock. */
  readonly restarts: readonly number[];
}

/** What follows when everything of an instance is gone. */
export type Next =
  | { readonly kind: "stopped" }
  | { readonly kind: "start"; readonly cause: Cause }
  /** The run was ended by a rule and not by a person: the restart policy decides, as if it had ended so by itself. */
  | {
      readonly kind: "policy";
      readonly outcome: Outcome;
      readonly ranMs: number;
      readonly streak: Streak;
      readonly scheduledFor: number | null;
    };

interface Live extends Since {
  readonly run: RunId;
  readonly streak: Streak;
  readonly cause: Cause;
}

export type InstanceState =
  | (Since & { readonly kind: "stopped" })
  | (Since & { readonly kind: "waiting"; readonly waitingFor: readonly string[]; readonly cause: Cause })
  | (Since & { readonly kind: "scheduled" })
  | (Live & { readonly kind: "starting" })
  | (Live & { readonly kind: "running"; readonly pid: number | null })
  | (Since & {
      readonly kind: "backoff";
      readonly retryAt: Moment;
      readonly streak: Streak;
      readonly last: Outcome;
      readonly scheduledFor: number | null;
    })
  | (Since & {
      readonly kind: "stopping";
      /** `null` when only leftovers of earlier runs are being ended, or the run itself has exited. */
      readonly run: RunId | null;
      readonly pid: number | null;
      readonly phase: "term" | "kill";
      readonly deadline: number;
      readonly next: Next;
    })
  | (Since & { readonly kind: "exited"; readonly last: Outcome })
  | (Since & {
      readonly kind: "failed";
      readonly reason: string;
      /** When it is tried again by itself; `null` for never. */
      readonly retryAt: Moment | null;
      /** Its process is still there and cannot be ended, so no other may be started; once it is gone, this follows. */
      readonly stuck: Next | null;
    });

export type StateKind = InstanceState["kind"];
export const STATE_KINDS = [
  "stopped",
  "waiting",
  "scheduled",
  "starting",
  "running",
  "backoff",
  "stopping",
  "exited",
  "failed",
] as const satisfies readonly StateKind[];

export type Desired = "running" | "stopped" | "enabled" | "paused";
export const HEALTH = ["none", "starting", "healthy", "unhealthy"] as const;
export type Health = (typeof HEALTH)[number];

/** Active: it runs, or will without anybody asking again. A dependent waits for as long. */
const ACTIVE: ReadonlySet<StateKind> = new Set(["waiting", "starting", "running", "backoff", "stopping"]);
export function isActive(state: InstanceState): boolean {
  return ACTIVE.has(state.kind);
}
