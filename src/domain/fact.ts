/**
 * A fact is something that happened, told once, after the state has changed: the log, the page's events and later
 * the store and plugins live on them. A request is not a fact.
 */
import type { Health, StateKind } from "./instance.ts";
import type { Outcome, RunId, Trigger, Usage } from "./run.ts";
import type { TaskType } from "./task.ts";

/** Who asked: a surface or a part of the service ("api", "file", "schedule", "policy", "service"), or a user. */
export type Actor = string;

interface OfTask {
  readonly task: string;
  readonly actor?: Actor;
}
interface OfInstance extends OfTask {
  readonly type: TaskType;
  readonly alias: string;
  readonly index: number;
}
/** A change of state. */
interface Moved extends OfInstance {
  readonly from?: StateKind;
  readonly to?: StateKind;
}
interface OfHealth extends OfInstance {
  readonly from: Health;
  readonly to: Health;
}
interface OfRun extends OfInstance {
  readonly run: RunId;
}

export type FactBody =
  | { readonly kind: "store.failing"; readonly reason: string }
  /** What could not be kept until then is counted. */
  | { readonly kind: "store.recovered"; readonly lost_events: number; readonly lost_runs: number }
  /** Of the file system on which `path` lies. */
  | { readonly kind: "disk.low"; readonly path: string; readonly free_bytes: number; readonly reason: string }
  | { readonly kind: "disk.recovered"; readonly path: string; readonly free_bytes: number }
  | (OfTask & { readonly kind: "task.created" })
  /** `fields` are the names of those that read otherwise now. */
  | (OfTask & {
      readonly kind: "task.changed";
      readonly revision: number;
      readonly fields: readonly string[];
    })
  | (OfTask & { readonly kind: "task.removed" })
  | (OfTask & { readonly kind: "task.started"; readonly user: string | null; readonly group: string | null })
  | (OfTask & { readonly kind: "task.stopped" })
  | (OfTask & {
      readonly kind: "schedule.skipped";
      readonly scheduled_for: string;
      readonly reason: "still running" | "too late" | "replaced";
    })
  /** Times that came while nobody was there to see them: the first, the last, and how many of them are made up for. */
  | (OfTask & {
      readonly kind: "schedule.missed";
      readonly from: string;
      readonly to: string;
      readonly made_up: number;
    })
  | (OfTask & { readonly kind: "schedule.planned"; readonly next_run_at: string })
  | (OfTask & {
      readonly kind: "output.lost";
      readonly alias: string;
      readonly index: number;
      readonly bytes: number;
      readonly reason: string;
    })
  | (OfTask & { readonly kind: "schedule.paused" | "schedule.resumed" })
  | (OfInstance & { readonly kind: "instance.reloaded" })
  | (OfInstance & { readonly kind: "instance.signalled"; readonly signal: string })
  | (OfTask & { readonly kind: "task.unwatched"; readonly reason: string })
  | (Moved & { readonly kind: "instance.waiting"; readonly waiting_for: readonly string[] })
  | (Moved & {
      readonly kind: "instance.backoff";
      readonly retry_at: string;
      readonly delay_ms: number;
      readonly reason: string | null;
    })
  | (Moved & {
      readonly kind: "instance.stopping";
      readonly pid: number | null;
      readonly reason?: string | null;
    })
  | (Moved & { readonly kind: "instance.killing"; readonly pid: number | null })
  | (Moved & { readonly kind: "instance.stopped" })
  | (Moved & {
      readonly kind: "instance.failed";
      readonly reason: string;
      /** When it is tried again by itself. */
      readonly retry_at?: string | null;
    })
  | (OfHealth & { readonly kind: "instance.healthy" })
  | (OfHealth & { readonly kind: "instance.unhealthy"; readonly reason: string })
  | (OfRun &
      Moved & {
        readonly kind: "run.started";
        readonly pid: number | null;
        readonly trigger: Trigger;
        readonly scheduled_for?: string;
      })
  | (OfRun & { readonly kind: "run.adopted"; readonly pid: number | null })
  | (OfRun & {
      readonly kind: "run.finished";
      readonly pid: number | null;
      readonly outcome: Outcome;
      readonly duration_ms: number;
      readonly usage: Usage;
    });

export type FactKind = FactBody["kind"];
/** `id` grows by one with each fact; `time` is RFC 3339 UTC. */
export type Fact = FactBody & { readonly id: number; readonly time: string };
