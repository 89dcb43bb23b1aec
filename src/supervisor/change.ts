/** One definition against another: what a patch makes of it, what is kept hidden, and which fields differ. Pure. */
import { isDeepStrictEqual } from "node:util";
import { InvalidError, RevisionError } from "../domain/errors.ts";
import { HIDDEN, PROCESS_FIELDS, type Task, shownDependency } from "../domain/task.ts";

type Json = Readonly<Record<string, unknown>>;

/** The task as a definition that makes it again: what was not given is left out. */
export function definitionOf(task: Task): Json {
  const given = Object.entries(task).filter(([, value]) => value !== null);
  return { ...Object.fromEntries(given), deps: task.deps.map(shownDependency) };
}

/** RFC 7396: objects are merged, `null` takes a member away, everything else replaces. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const merged = new Map(Object.entries(isObject(target) ? target : {}));
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key);
    else merged.set(key, mergePatch(merged.get(key), value));
  }
  return Object.fromEntries(merged);
}

/** Values of `env` that were given back as they are shown stand for those that are known. Throws InvalidError. */
export function reveal(task: Task, known: Task | null): Task {
  const values = new Map(Object.entries(known?.env ?? {}));
  const missing = Object.keys(task.env).filter((name) => task.env[name] === HIDDEN && !values.has(name));
  if (missing.length === 0) return known === null ? task : revealed(task, known);
  throw new InvalidError(
    missing.map((name) => ({
      path: `/env/${name}`,
      message: `${HIDDEN} stands for the value that is known, and none is`,
      rule: "shape",
    })),
  );
}

function revealed(task: Task, known: Task): Task {
  const hidden = Object.keys(task.env).filter((name) => task.env[name] === HIDDEN);
  if (hidden.length === 0) return task;
  const values = hidden.map((name) => [name, known.env[name] ?? HIDDEN] as const);
  return { ...task, env: { ...task.env, ...Object.fromEntries(values) } };
}

/** Whether what a start of the task is, or when it comes, differs: then it is not to be started as it was before. */
export function changesStart(before: Task, after: Task): boolean {
  return changedFields(before, revealed(after, before)).some(
    (field) => PROCESS_FIELDS.has(field) || STARTING_FIELDS.has(field),
  );
}

const STARTING_FIELDS: ReadonlySet<string> = new Set<keyof Task>([
  "deps",
  "hooks",
  "cron",
  "every_ms",
  "schedule",
]);

/** The names of the fields that differ, in the order of the definition. */
export function changedFields(before: Task, after: Task): string[] {
  const old: Json = { ...before };
  return Object.entries(after)
    .filter(([field, value]) => !isDeepStrictEqual(old[field], value))
    .map(([field]) => field);
}

/** A definition that goes to the path of a task may leave its name out, and may not name another. Throws InvalidError. */
export function named(name: string, definition: unknown): unknown {
  if (!isObject(definition)) return definition;
  if ((definition["name"] ?? name) === name) return { ...definition, name };
  throw new InvalidError([
    { path: "/name", message: "a task cannot be renamed: expected its own name, or none", rule: "shape" },
  ]);
}

/** Throws RevisionError. */
export function assertRevision(name: string, expected: number | undefined, revision: number | null): void {
  if (expected !== undefined && expected !== revision) throw new RevisionError(name, expected, revision);
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
