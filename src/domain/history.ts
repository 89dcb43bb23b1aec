/** What is remembered of tasks and runs: the records of the store, in the shapes in which they are asked for. */
import type { Desired } from "./instance.ts";
import type { Outcome, RunId, Trigger, Usage } from "./run.ts";
import type { Task } from "./task.ts";

/** A task as it was left. Times are Unix ms, `null` for never. */
export interface TaskRecord {
  readonly task: Task;
  readonly revision: number;
  readonly desired: Desired;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly askedAt: number | null;
  readonly startedAt: number | null;
  /** The latest time of its schedule that was dealt with; `null` for none. */
  readonly scheduledAt: number | null;
  /** The set under which it was applied, `null` for none. */
  readonly set: string | null;
}

/** A process for sure: a pid alone may be somebody else's by now. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, as the system counts (Linux: clock ticks since boot); `null` where it does not tell. */
  readonly started: string | null;
  /** Which boot of the machine; `null` where it does not tell. */
  readonly boot: string | null;
}

/** A run at its beginning. */
export interface RunStart {
  readonly run: RunId;
  readonly task: string;
  readonly index: number;
  readonly alias: string;
  readonly trigger: Trigger;
  /** Unix ms; `null` for a run that no schedule asked for. */
  readonly scheduledFor: number | null;
  readonly startedAt: number;
}

export interface RunEnd {
  readonly endedAt: number;
  readonly durationMs: number;
  readonly outcome: Outcome;
  readonly usage: Usage;
}

export interface RunRecord extends RunStart {
  /** `null` before the process was there, and for a coroutine. */
  readonly process: ProcessIdentity | null;
  /** `null` while it goes on. */
  readonly end: RunEnd | null;
}

/** Which runs are asked for; a page of the newest first. */
export interface RunQuery {
  readonly task?: string;
  readonly result?: string;
  /** Started at this time (Unix ms) or later. */
  readonly since?: number;
  readonly limit: number;
  readonly cursor?: string;
}

export interface RunPage {
  readonly items: readonly RunRecord[];
  readonly nextCursor: string | null;
}
