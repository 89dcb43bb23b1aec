/** Picks tasks by their names and labels. Pure. */
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

/** Whether a glob takes a text whole. Its time grows with the product of both lengths at the most. */
export function matches(glob: string, text: string): boolean {
  const pattern = [...glob];
  const letters = [...text];
  let p = 0;
  let at = 0;
  let star = -1;
  let resume = 0;
  while (at < letters.length) {
    if (pattern[p] === "*") {
      star = p++;
      resume = at;
    } else if (p < pattern.length && (pattern[p] === "?" || pattern[p] === letters[at])) {
      p++;
      at++;
    } else if (star >= 0) {
      // the star takes one letter more
      p = star + 1;
      at = ++resume;
    } else return false;
  }
  return pattern.slice(p).every((letter) => letter === "*");
}
