/** If-Match: a change that is only made to the revision that somebody has looked at. */
import { RevisionError } from "../domain/errors.ts";
import type { TaskGroup } from "../supervisor/group.ts";
import { invalid } from "./problem.ts";

const TAG = /^(?:W\/)?"(\d{1,15})"$/;

/** The tag of a task's revision. */
export function etagOf({ revision }: TaskGroup): string {
  return `"${revision}"`;
}

/**
 * The revision that a request names, `undefined` if any will do; `found` is the task there is. Throws InvalidError, and
 * RevisionError for `*` where there is no task.
 */
export function ifMatch(
  request: Request,
  name: string,
  found: TaskGroup | undefined,
): { readonly ifMatch?: number } {
  const header = request.headers.get("if-match")?.trim();
  if (header === undefined) return {};
  if (header === "*") {
    // no task is ever at 0
    if (found === undefined) throw new RevisionError(name, 0, null);
    return {};
  }
  const revisions = header.split(",").map((tag) => TAG.exec(tag.trim())?.[1]);
  const known = revisions.flatMap((revision) => (revision === undefined ? [] : [Number(revision)]));
  const [first] = known;
  if (first === undefined || known.length < revisions.length)
    throw invalid("/If-Match", 'expected a revision in quotes, such as "3", or *');
  return { ifMatch: known.find((revision) => revision === found?.revision) ?? first };
}
