/** One replica's place as /api/v1 shows it. */
import { type Static, Type } from "@sinclair/typebox";
import { HEALTH, type InstanceState, STATE_KINDS, type StateKind } from "../domain/instance.ts";
import type { TreeUsage } from "../domain/ports.ts";
import { RESULTS, type Result } from "../domain/run.ts";
import type { Instance } from "../supervisor/instance.ts";
import { Time, nullable, rfc3339 } from "./schemas.ts";

type Ended = NonNullable<Instance["last"]>;

export const State = Type.Unsafe<StateKind>({ type: "string", enum: [...STATE_KINDS] });

export const LastRun = Type.Object(
  {
    started_at: Time,
    ended_at: Time,
    result: Type.Unsafe<Result>({ type: "string", enum: [...RESULTS] }),
    exit_code: nullable(Type.Integer()),
    exit_signal: nullable(Type.String()),
    reason: nullable(Type.String({ description: "In words, where it is not a plain success" })),
  },
  { title: "How a run ended" },
);

export const InstanceView = Type.Object(
  {
    alias: Type.String({ examples: ["web:0"] }),
    index: Type.Integer(),
    state: State,
    since: Time,
    health: Type.Unsafe<(typeof HEALTH)[number]>({
      type: "string",
      enum: [...HEALTH],
      description: "none: the task has no check, or it does not run",
    }),
    pid: nullable(Type.Integer()),
    started_at: nullable(Time),
    restarts: Type.Integer({ description: "How often its policy started it again" }),
    retry_at: nullable(Time),
    waiting_for: nullable(Type.Array(Type.String())),
    reason: nullable(Type.String({ description: "Why it is in this state, in words" })),
    run: nullable(Type.String({ description: "The run that is going on, or was the last" })),
    exit_code: nullable(Type.Integer()),
    exit_signal: nullable(Type.String({ examples: ["SIGKILL"] })),
    last: nullable(LastRun),
  },
  { title: "Instance" },
);
export type InstanceView = Static<typeof InstanceView>;

/** Of its process and all descendants. */
export const UsageView = Type.Object(
  {
    processes: Type.Integer(),
    threads: nullable(Type.Integer()),
    rss_bytes: Type.Integer({ description: "Resident memory" }),
    cpu_ms: Type.Integer({ description: "CPU time so far, of what lives" }),
    open_files: nullable(Type.Integer({ description: "Open descriptors" })),
  },
  { title: "Usage", description: "What the whole tree uses, looked at when it was asked for" },
);

export function instanceView(instance: Instance): InstanceView {
  const { state, live, last } = instance;
  const outcome = live === null ? (last?.outcome ?? null) : null;
  return {
    alias: instance.alias,
    index: instance.index,
    state: state.kind,
    since: rfc3339(state.since.wall),
    health: instance.health,
    pid: live?.pid ?? null,
    started_at: live === null ? null : rfc3339(live.startedAt.wall),
    restarts: instance.restarts,
    retry_at: retryAt(state),
    waiting_for: state.kind === "waiting" ? [...state.waitingFor] : null,
    reason: reasonOf(instance) ?? (state.kind === "scheduled" ? (outcome?.reason ?? null) : null),
    run: live?.run ?? last?.run ?? null,
    exit_code: outcome?.exit_code ?? null,
    exit_signal: outcome?.exit_signal ?? null,
    last: last === null ? null : lastRunView(last),
  };
}

export function lastRunView({ startedAt, endedAt, outcome }: Ended): Static<typeof LastRun> {
  const { result, exit_code, exit_signal, reason } = outcome;
  return {
    started_at: rfc3339(startedAt.wall),
    ended_at: rfc3339(endedAt.wall),
    result,
    exit_code,
    exit_signal,
    reason,
  };
}

export function usageView(usage: TreeUsage): Static<typeof UsageView> {
  const { processes, threads, rss_bytes, cpu_ms, open_files } = usage;
  return { processes, threads, rss_bytes, cpu_ms: Math.round(cpu_ms), open_files };
}

function retryAt(state: InstanceState): string | null {
  const at = state.kind === "backoff" || state.kind === "failed" ? state.retryAt : null;
  return at === null ? null : rfc3339(at.wall);
}

function reasonOf({ state, healthReason }: Instance): string | null {
  if (state.kind === "running") return healthReason;
  if (state.kind === "failed") return state.reason;
  if (state.kind === "exited" || state.kind === "backoff") return state.last.reason;
  return null;
}
