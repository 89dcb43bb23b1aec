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
interface Live extends Since {
  readonly run: RunId;
  /** How many quick restarts came before this run. */
  readonly attempt: number;
}

export type InstanceState =
  | (Since & { readonly kind: "stopped" })
  | (Since & { readonly kind: "waiting"; readonly waitingFor: readonly string[]; readonly trigger: Trigger })
  | (Since & { readonly kind: "scheduled" })
  | (Live & { readonly kind: "starting"; readonly trigger: Trigger })
  | (Live & { readonly kind: "running"; readonly pid: number | null })
  | (Since & {
      readonly kind: "backoff";
      readonly retryAt: Moment;
      readonly attempt: number;
      readonly last: Outcome;
    })
  | (Since & {
      readonly kind: "stopping";
      /** `null` when only leftovers of earlier runs are being ended, or the run itself has exited. */
      readonly run: RunId | null;
      readonly pid: number | null;
      readonly phase: "term" | "kill";
      readonly deadline: number;
      readonly next: "stopped" | "start";
    })
  | (Since & { readonly kind: "exited"; readonly last: Outcome })
  | (Since & {
      readonly kind: "failed";
      readonly reason: string;
      /** Its process is still there and cannot be ended, so no other may be started. */
      readonly stuck: boolean;
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
