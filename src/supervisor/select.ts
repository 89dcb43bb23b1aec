/** Picks tasks by their names and labels. Pure. */
import { matches } from "../domain/glob.ts";
import type { Task } from "../domain/task.ts";

export interface Selection {
  /** Labels that a task must have, with these values; `null` takes any. */
  readonly labels?: Readonly<Record<string, string | null>>;
  /** A glob: `*` is any text, `?` one character. */
  readonly name?: string;
}

export function isSelected(task: Task, { labels = {}, name }: Selection): boolean {
  if (name !== undefined && !matches(name, task.name)) return false;
  const own = new Map(Object.entries(task.labels));
  return Object.entries(labels).every(([label, value]) =>
    value === null ? own.has(label) : own.get(label) === value,
  );
}
