/** The order in which everything ends. */
import { dependents } from "./dependencies.ts";
import type { TaskGroup } from "./group.ts";

/** Ends each group when all that depend on it have ended; settles when none is left. */
export async function dependentsFirst(
  groups: readonly TaskGroup[],
  end: (group: TaskGroup) => Promise<void>,
): Promise<void> {
  const byName = new Map(groups.map((group) => [group.task.name, group]));
  const waitsFor = dependents(groups.map((group) => group.task));
  const ended = new Map<TaskGroup, Promise<void>>();
  const endOf = (group: TaskGroup): Promise<void> => {
    const known = ended.get(group);
    if (known !== undefined) return known;
    const before = (waitsFor.get(group.task.name) ?? []).flatMap((name) => byName.get(name) ?? []);
    const done = Promise.all(before.map(endOf)).then(() => end(group));
    ended.set(group, done);
    return done;
  };
  await Promise.all(groups.map(endOf));
}
