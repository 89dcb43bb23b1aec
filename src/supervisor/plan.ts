/** What it takes to make the tasks there are into those of a set. Pure: it throws before anything is changed. */
import { InvalidError, type Issue } from "../domain/errors.ts";
import { parse } from "../domain/parse.ts";
import { type ChangeSet, RawTaskSet } from "../domain/task-set.ts";
import type { Task } from "../domain/task.ts";
import { cycleIssues, parseTask } from "./admission.ts";
import { changedFields, reveal } from "./change.ts";
import type { DepsOf } from "./dependencies.ts";

/** What is known of a task that exists. */
export interface Known {
  readonly task: Task;
  /** The set under which it was applied. */
  readonly set: string | null;
}

/** A task of the set. `path` is where it stands in it. */
export interface Planned {
  readonly path: string;
  readonly task: Task;
  /** What of it reads otherwise; `null` for a task that does not exist. */
  readonly fields: readonly string[] | null;
}

export interface Plan {
  readonly set: string | null;
  readonly tasks: readonly Planned[];
  readonly removed: readonly string[];
}

/** Throws InvalidError with everything that is wrong, each with its place in the set. */
export function planSet(input: unknown, known: ReadonlyMap<string, Known>): Plan {
  const parsed = parse(RawTaskSet, input);
  if (!parsed.ok) throw new InvalidError(parsed.issues);
  const set = parsed.value.set ?? null;
  const issues: Issue[] = [];
  const tasks = new Map<string, Planned>();
  for (const [index, definition] of parsed.value.tasks.entries()) {
    const path = `/tasks/${index}`;
    const task = collecting(issues, path, () => parseKnown(definition, known));
    if (task === null) continue;
    if (tasks.has(task.name))
      issues.push({
        path: `${path}/name`,
        message: "an earlier task of the set has this name",
        rule: "shape",
      });
    const before = known.get(task.name);
    const fields = before === undefined ? null : changedFields(before.task, task);
    tasks.set(task.name, { path, task, fields });
  }
  const removed =
    set === null
      ? []
      : [...known].filter(([name, each]) => each.set === set && !tasks.has(name)).map(([name]) => name);
  if (issues.length === 0) issues.push(...cycles(tasks, known, new Set(removed)));
  if (issues.length > 0) throw new InvalidError(issues);
  return { set, tasks: [...tasks.values()], removed };
}

/** The plan as it is told. */
export function changeSet({ tasks, removed }: Plan): ChangeSet {
  const changed: ChangeSet["changed"] = [];
  for (const { task, fields } of tasks)
    if (fields !== null && fields.length > 0) changed.push({ name: task.name, fields: [...fields] });
  return {
    added: tasks.filter(({ fields }) => fields === null).map(({ task }) => task.name),
    changed,
    removed: [...removed],
    unchanged: tasks.filter(({ fields }) => fields?.length === 0).map(({ task }) => task.name),
  };
}

function parseKnown(definition: unknown, known: ReadonlyMap<string, Known>): Task {
  const task = parseTask(definition);
  return reveal(task, known.get(task.name)?.task ?? null);
}

function* cycles(
  tasks: ReadonlyMap<string, Planned>,
  known: ReadonlyMap<string, Known>,
  removed: ReadonlySet<string>,
): Generator<Issue> {
  const depsOf: DepsOf = (name) =>
    tasks.get(name)?.task.deps ?? (removed.has(name) ? undefined : known.get(name)?.task.deps);
  for (const { path, task } of tasks.values()) yield* cycleIssues(task, depsOf, path);
}

/** What `make` makes, or its issues under `path`. */
function collecting<T>(issues: Issue[], path: string, make: () => T): T | null {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof InvalidError)) throw error;
    issues.push(...error.issues.map((issue) => ({ ...issue, path: `${path}${issue.path}` })));
    return null;
  }
}
