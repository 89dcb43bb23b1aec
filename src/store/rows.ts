/** Rows of the database and the records that they stand for. */
import type { RunRecord, TaskRecord } from "../domain/history.ts";
import type { Desired } from "../domain/instance.ts";
import type { Result, Trigger } from "../domain/run.ts";
import { type TaskDefinition, completeTask } from "../domain/task.ts";

export interface TaskRow {
  readonly name: string;
  readonly definition: string;
  readonly revision: number;
  readonly desired: string;
  readonly created_at: number;
  readonly updated_at: number;
  readonly asked_at: number | null;
  readonly started_at: number | null;
  readonly scheduled_at: number | null;
  readonly set_name: string | null;
}

export interface RunRow {
  readonly id: string;
  readonly task: string;
  readonly instance: number;
  readonly alias: string;
  readonly trigger: string;
  readonly scheduled_for: number | null;
  readonly started_at: number;
  readonly ended_at: number | null;
  readonly duration_ms: number | null;
  readonly result: string | null;
  readonly exit_code: number | null;
  readonly exit_signal: string | null;
  readonly reason: string | null;
  readonly pid: number | null;
  readonly process_started: string | null;
  readonly boot: string | null;
  readonly max_rss_bytes: number | null;
  readonly cpu_ms: number | null;
}

export function toTask(row: TaskRow): TaskRecord {
  return {
    task: completeTask(JSON.parse(row.definition) as TaskDefinition),
    revision: row.revision,
    desired: row.desired as Desired,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    askedAt: row.asked_at,
    startedAt: row.started_at,
    scheduledAt: row.scheduled_at,
    set: row.set_name,
  };
}

export function toRun(row: RunRow): RunRecord {
  return {
    run: row.id,
    task: row.task,
    index: row.instance,
    alias: row.alias,
    trigger: row.trigger as Trigger,
    scheduledFor: row.scheduled_for,
    startedAt: row.started_at,
    process: row.pid === null ? null : { pid: row.pid, started: row.process_started, boot: row.boot },
    end: endOf(row),
  };
}

function endOf(row: RunRow): RunRecord["end"] {
  if (row.ended_at === null) return null;
  const { exit_code, exit_signal, reason, max_rss_bytes, cpu_ms } = row;
  return {
    endedAt: row.ended_at,
    durationMs: row.duration_ms ?? 0,
    outcome: { result: (row.result ?? "lost") as Result, exit_code, exit_signal, reason },
    usage: { max_rss_bytes, cpu_ms },
  };
}
