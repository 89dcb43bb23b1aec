/** A run as /api/v1 shows it. */
import { type Static, Type } from "@sinclair/typebox";
import type { RunRecord } from "../domain/history.ts";
import { RESULTS, TRIGGERS } from "../domain/run.ts";
import { Time, nullable, rfc3339 } from "./schemas.ts";

const texts = <T extends string>(values: readonly T[], description: string) =>
  Type.Unsafe<T>({ type: "string", enum: [...values], description });

export const RunView = Type.Object(
  {
    id: Type.String({ examples: ["01a20398-5f07-7566-adee-cc76a7cb3381"] }),
    task: Type.String(),
    index: Type.Integer(),
    alias: Type.String({ examples: ["web:0"] }),
    trigger: texts(TRIGGERS, "What started it"),
    scheduled_for: nullable(Time),
    late_ms: nullable(Type.Integer({ description: "How long after that time it started" })),
    started_at: Time,
    ended_at: nullable(Time),
    duration_ms: nullable(Type.Integer()),
    result: nullable(texts(RESULTS, "How it ended; null while it goes on")),
    exit_code: nullable(Type.Integer()),
    exit_signal: nullable(Type.String({ examples: ["SIGKILL"] })),
    reason: nullable(Type.String({ description: "In words, where it is not a plain success" })),
    pid: nullable(Type.Integer()),
    max_rss_bytes: nullable(
      Type.Integer({
        description:
          "The largest peak of resident memory among the process and those children that it has waited for; null while it " +
          "goes on, for coroutines, and for what a former service has started. On Linux also null where the peak is not " +
          "above the one that the service itself had at the start: a process begins with that, and less is not told apart",
      }),
    ),
    cpu_ms: nullable(
      Type.Integer({
        description:
          "CPU time of the process and those children that it has waited for; null while it goes on, for coroutines, " +
          "and for what a former service has started",
      }),
    ),
  },
  { title: "Run" },
);
export type RunView = Static<typeof RunView>;

export function runView(record: RunRecord): RunView {
  const { run, task, index, alias, trigger, scheduledFor, startedAt, process, end } = record;
  return {
    id: run,
    task,
    index,
    alias,
    trigger,
    scheduled_for: scheduledFor === null ? null : rfc3339(scheduledFor),
    late_ms: scheduledFor === null ? null : Math.max(0, startedAt - scheduledFor),
    started_at: rfc3339(startedAt),
    ended_at: end === null ? null : rfc3339(end.endedAt),
    duration_ms: end?.durationMs ?? null,
    result: end?.outcome.result ?? null,
    exit_code: end?.outcome.exit_code ?? null,
    exit_signal: end?.outcome.exit_signal ?? null,
    reason: end?.outcome.reason ?? null,
    pid: process?.pid ?? null,
    max_rss_bytes: end?.usage.max_rss_bytes ?? null,
    cpu_ms: end?.usage.cpu_ms ?? null,
  };
}
