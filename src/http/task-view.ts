/** A task as /api/v1 shows it: the definition, and what is going on. The schema and the function that fills it. */
import { type Static, type TSchema, Type } from "@sinclair/typebox";
import type { Fact } from "../domain/fact.ts";
import type { StateKind } from "../domain/instance.ts";
import { type Task, TaskDefinition, hideEnv, shownDependency } from "../domain/task.ts";
import type { TaskGroup } from "../supervisor/group.ts";
import type { Instance } from "../supervisor/instance.ts";
import type { InstanceUsage } from "../supervisor/operations.ts";
import { whyNotRunning } from "../supervisor/why.ts";
import { FactView, factView } from "./fact-view.ts";
import {
  InstanceView,
  LastRun,
  State,
  UsageView,
  instanceView,
  lastRunView,
  usageView,
} from "./instance-view.ts";
import { Time, nullable, rfc3339 } from "./schemas.ts";

/** What of the task is shown otherwise than it is kept. */
interface Shown {
  readonly deps: readonly ReturnType<typeof shownDependency>[];
}

/** Fields that every task has; the others are null where they were not given. */
const ALWAYS: ReadonlySet<string> = new Set<keyof Task>([
  "name",
  "cmd",
  "type",
  "replica",
  "deps",
  "labels",
  "env",
  "inherit_env",
  "stdin",
  "autostart",
]);
const fields = Object.entries<TSchema>(TaskDefinition.properties).map(
  ([name, schema]) => [name, ALWAYS.has(name) ? plain(schema) : nullable(schema)] as const,
);
const Definition = Type.Unsafe<Omit<Task, keyof Shown> & Shown>(Type.Object(Object.fromEntries(fields)));

const Status = Type.Object({
  desired: Type.Unsafe<TaskGroup["desired"]>({
    type: "string",
    enum: ["running", "stopped", "enabled", "paused"],
    description: "What the operator wants",
  }),
  state: State,
  why: nullable(Type.String({ description: "Why not all of it runs, in a sentence; null if it does" })),
  set: nullable(Type.String({ description: "The set under which it was applied" })),
  revision: Type.Integer({ description: "One more with each change of the definition; for If-Match" }),
  created_at: Time,
  updated_at: Time,
  next_run_at: nullable(Time),
  last_run: nullable(LastRun),
  instances: Type.Array(InstanceView),
});

export type TaskView = Static<typeof Definition> & Static<typeof Status>;
export const TaskView = Type.Unsafe<TaskView>(
  Type.Object({ ...Definition["properties"], ...Status.properties }, { title: "Task" }),
);

const More = Type.Object({
  facts: Type.Array(FactView, {
    description: "The newest facts about it, in the order in which they were told",
  }),
  usage: Type.Optional(
    Type.Array(Type.Object({ alias: Type.String(), index: Type.Integer(), usage: nullable(UsageView) }), {
      description: "With `usage=true`: what the tree of each replica uses; null where nothing runs",
    }),
  ),
});
export type TaskDetails = TaskView & Static<typeof More>;
export const TaskDetails = Type.Unsafe<TaskDetails>(
  Type.Object({ ...TaskView["properties"], ...More.properties }, { title: "Task in full" }),
);

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

export function stateOf({ instances }: Pick<TaskGroup, "instances">): StateKind {
  const kinds = new Set(instances.map(({ state }) => state.kind));
  return TELLING.find((kind) => kinds.has(kind)) ?? "stopped";
}

export function taskView(owner: TaskGroup): TaskView {
  const { task, instances } = owner;
  return {
    ...hideEnv(task),
    deps: task.deps.map(shownDependency),
    desired: owner.desired,
    state: stateOf(owner),
    why: whyNotRunning(owner),
    set: owner.set,
    revision: owner.revision,
    created_at: rfc3339(owner.createdAt),
    updated_at: rfc3339(owner.updatedAt),
    next_run_at: owner.nextRunAt === null ? null : rfc3339(owner.nextRunAt),
    last_run: lastRunOf(instances),
    instances: instances.map(instanceView),
  };
}

export function taskDetails(
  owner: TaskGroup,
  facts: readonly Fact[],
  usage: readonly InstanceUsage[] | null,
): TaskDetails {
  return {
    ...taskView(owner),
    facts: facts.map(factView),
    ...(usage === null ? {} : { usage: usage.map(usageOf) }),
  };
}

function usageOf({ alias, index, usage }: InstanceUsage) {
  return { alias, index, usage: usage === null ? null : usageView(usage) };
}

function lastRunOf(instances: readonly Instance[]): TaskView["last_run"] {
  let newest: Instance["last"] = null;
  for (const { last } of instances)
    if (last !== null && (newest === null || last.endedAt.mono > newest.endedAt.mono)) newest = last;
  return newest === null ? null : lastRunView(newest);
}

/** What TypeBox knows of a schema beside its JSON, such as "optional", is left behind. */
function plain(schema: TSchema): TSchema {
  return Type.Unsafe(JSON.parse(JSON.stringify(schema)) as object);
}
