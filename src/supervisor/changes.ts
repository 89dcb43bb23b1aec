/** How a change is admitted: what it needs of the world is asked first, and then it is looked at again. */
import { InvalidError } from "../domain/errors.ts";
import type { LimitsCheck, Users } from "../domain/ports.ts";
import type { Task } from "../domain/task.ts";
import { checkIdentity, checkLimits } from "./admission.ts";

interface World {
  readonly users: Users;
  readonly limits?: LimitsCheck;
}

/** A task that a change brings; `path` is where it stands in the input. */
interface Brought {
  readonly task: Task;
  readonly path: string;
}

/** Either something that has to be over first, or the change: the tasks it brings, and how it is made. */
export type Admitted<T> =
  { readonly after: Promise<void> } | { readonly tasks: readonly Brought[]; readonly commit: () => T };

/**
 * Prepares a change again and again until nothing of it has to be waited for, and makes it in that same turn. Throws what
 * preparing throws, and InvalidError for what this machine does not have.
 */
export async function admitted<T>(world: World, prepare: () => Admitted<T>): Promise<T> {
  const known = new Set([identityOf({ user: null, group: null })]);
  for (;;) {
    const prepared = prepare();
    if ("after" in prepared) {
      await prepared.after;
      continue;
    }
    const { limits } = world;
    if (limits !== undefined) for (const { task, path } of prepared.tasks) checkLimits(task, limits, path);
    const unknown = prepared.tasks.filter(({ task }) => !known.has(identityOf(task)));
    if (unknown.length === 0) return prepared.commit();
    await ask(unknown, world);
    for (const { task } of unknown) known.add(identityOf(task));
  }
}

/** Each user once. Throws InvalidError with everything that is wrong. */
async function ask(tasks: readonly Brought[], { users }: World): Promise<void> {
  const each = [...new Map(tasks.map((brought) => [identityOf(brought.task), brought])).values()];
  const found = await Promise.all(
    each.map(({ task, path }) => problemOf(() => checkIdentity(task, users, path))),
  );
  const issues = found.flatMap((error) => error?.issues ?? []);
  if (issues.length > 0) throw new InvalidError(issues);
}

async function problemOf(check: () => Promise<void>): Promise<InvalidError | null> {
  try {
    await check();
    return null;
  } catch (error) {
    if (error instanceof InvalidError) return error;
    throw error;
  }
}

function identityOf({ user, group }: Pick<Task, "user" | "group">): string {
  return JSON.stringify([user, group]);
}
