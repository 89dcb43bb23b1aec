/** A task as /api/v1 shows it: the definition, and what is going on. The schema and the function that fills it. */
import { type Static, Type } from "@sinclair/typebox";
import { HEALTH, type InstanceState, STATE_KINDS, type StateKind } from "../domain/instance.ts";
import { TaskDefinition, type TaskDependency, shownDependency } from "../domain/task.ts";
import type { TaskGroup } from "../supervisor/group.ts";
import { Time, nullable, rfc3339 } from "./schemas.ts";
import type { Instance } from "../supervisor/instance.ts";

const State = Type.Unsafe<StateKind>({ type: "string", enum: [...STATE_KINDS] });
const { name, cmd, type, cron, user, group, replica, interval, deps } = TaskDefinition.properties;

export const InstanceView = Type.Object(
  {
    alias: Type.String({ examples: ["web:0"] }),
    index: Type.Integer(),
    state: State,
    since: Time,
    health: Type.Unsafe<(typeof HEALTH)[number]>({ type: "string", enum: [...HEALTH] }),
    pid: nullable(Type.Integer()),
    started_at: nullable(Time),
    restarts: Type.Integer({ description: "How often its policy started it again" }),
    retry_at: nullable(Time),
    waiting_for: nullable(Type.Array(Type.String())),
    reason: nullable(Type.String({ description: "Why it is in this state, in words" })),
    run: nullable(Type.String({ description: "The run that is going on, or was the last" })),
    exit_code: nullable(Type.Integer()),
    exit_signal: nullable(Type.String({ examples: ["SIGKILL"] })),
  },
  { title: "Instance" },
);
export type InstanceView = Static<typeof InstanceView>;

export const TaskView = Type.Object(
  {
    name,
    cmd,
    type,
    cron: nullable(cron),
    user: nullable(user),
    group: nullable(group),
    replica: Type.Integer({ ...replica }),
    interval: nullable(interval),
    deps: Type.Unsafe<(string | TaskDependency)[]>({ ...deps }),
    desired: Type.Unsafe<TaskGroup["desired"]>({
      type: "string",
      enum: ["running", "stopped", "enabled", "paused"],
      description: "What the operator wants",
    }),
    state: State,
    revision: Type.Integer(),
    created_at: Time,
    updated_at: Time,
    next_run_at: nullable(Time),
    last_run: nullable(
      Type.Object({
        started_at: Time,
        ended_at: Time,
        result: Type.String({ examples: ["succeeded"] }),
        exit_code: nullable(Type.Integer()),
        exit_signal: nullable(Type.String()),
      }),
    ),
    instances: Type.Array(InstanceView),
  },
  { title: "Task" },
);
export type TaskView = Static<typeof TaskView>;

/** What of several instances' states says most about the task. */
const TELLING: readonly StateKind[] = [
  "failed",
  "backoff",
  "stopping",
  "starting",
  "running",
  "waiting",
  "scheduled",
  "exited",
  "stopped",
];

export function taskView(owner: TaskGroup): TaskView {
  const { task, instances } = owner;
  const kinds = new Set(instances.map(({ state }) => state.kind));
  return {
    ...task,
    deps: task.deps.map(shownDependency),
    desired: owner.desired,
    state: TELLING.find((kind) => kinds.has(kind)) ?? "stopped",
    revision: owner.revision,
    created_at: rfc3339(owner.createdAt),
    updated_at: rfc3339(owner.updatedAt),
    next_run_at: owner.nextRunAt === null ? null : rfc3339(owner.nextRunAt),
    last_run: lastRunOf(instances),
    instances: instances.map(instanceView),
  };
}

function lastRunOf(instances: readonly Instance[]): TaskView["last_run"] {
  const ended = instances.flatMap(({ last }) => (last === null ? [] : [last]));
  const newest = ended.sort((a, b) => b.endedAt.mono - a.endedAt.mono)[0];
  if (newest === undefined) return null;
  const { result, exit_code, exit_signal } = newest.outcome;
  return {
    started_at: rfc3339(newest.startedAt.wall),
    ended_at: rfc3339(newest.endedAt.wall),
    result,
    exit_code,
    exit_signal,
  };
}

function instanceView(instance: Instance): InstanceView {
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
    retry_at: state.kind === "backoff" ? rfc3339(state.retryAt.wall) : null,
    waiting_for: state.kind === "waiting" ? [...state.waitingFor] : null,
    reason: reasonOf(state) ?? (state.kind === "scheduled" ? (outcome?.reason ?? null) : null),
    run: live?.run ?? last?.run ?? null,
    exit_code: outcome?.exit_code ?? null,
    exit_signal: outcome?.exit_signal ?? null,
  };
}

function reasonOf(state: InstanceState): string | null {
  if (state.kind === "failed") return state.reason;
  if (state.kind === "exited" || state.kind === "backoff") return state.last.reason;
  return null;
}
