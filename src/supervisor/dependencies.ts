/** The graph of `deps`: who holds whom back, cycles, and the order of stopping. Pure. */
import type { TaskDependency } from "../domain/task.ts";

interface Node {
  readonly name: string;
  readonly deps: readonly TaskDependency[];
}

/** The direct dependencies of a task; `undefined` for a name that no task has. */
export type DepsOf = (name: string) => readonly TaskDependency[] | undefined;

/** Every name that `name` depends on, directly or through others, itself not counted. */
export function closure(name: string, depsOf: DepsOf): Set<string> {
  const found = new Set<string>();
  const open = namesOf(depsOf(name));
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    open.push(...namesOf(depsOf(next)));
  }
  return found;
}

/** The cycle that defining `name` with `deps` would close, as `[name, …, name]`, or `null`. */
export function findCycle(name: string, deps: readonly TaskDependency[], depsOf: DepsOf): string[] | null {
  const cameFrom = new Map<string, string>();
  const open = namesOf(deps).map((dep) => ({ dep, parent: name }));
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { dep, parent } = next;
    if (dep === name) return trace(name, parent, cameFrom);
    if (cameFrom.has(dep)) continue;
    cameFrom.set(dep, parent);
    for (const further of namesOf(depsOf(dep))) open.push({ dep: further, parent: dep });
  }
  return null;
}

function trace(name: string, last: string, cameFrom: ReadonlyMap<string, string>): string[] {
  const path = [name];
  for (let at: string | undefined = last; at !== undefined && at !== name; at = cameFrom.get(at))
    path.unshift(at);
  return [name, ...path];
}

/** For each task the tasks that depend on it directly, and so have to be stopped before it. */
export function dependents(tasks: readonly Node[]): Map<string, string[]> {
  const result = new Map<string, string[]>(tasks.map(({ name }) => [name, []]));
  for (const { name, deps } of tasks) for (const dep of namesOf(deps)) result.get(dep)?.push(name);
  return result;
}

/** The tasks in an order in which each comes after those it depends on. */
export function dependenciesFirst<T extends Node>(tasks: readonly T[]): T[] {
  const byName = new Map(tasks.map((task) => [task.name, task]));
  const ordered = new Set<T>();
  const seen = new Set<string>();
  const visit = (task: T): void => {
    if (seen.has(task.name)) return;
    seen.add(task.name);
    for (const dep of namesOf(task.deps)) {
      const known = byName.get(dep);
      if (known !== undefined) visit(known);
    }
    ordered.add(task);
  };
  for (const task of tasks) visit(task);
  return [...ordered];
}

function namesOf(deps: readonly TaskDependency[] = []): string[] {
  return deps.map(({ task }) => task);
}
