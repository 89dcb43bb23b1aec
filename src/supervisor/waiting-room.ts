/** The tasks that wait for others. It knows who may be free to start when something changes; each answers for itself. */
import { type Standing, unmet } from "./conditions.ts";
import type { TaskGroup } from "./group.ts";

export class WaitingRoom {
  readonly #find: (name: string) => TaskGroup | undefined;
  readonly #waiting = new Set<TaskGroup>();
  #open = true;

  constructor(find: (name: string) => TaskGroup | undefined) {
    this.#find = find;
  }

  /** What a start of the group waits for, in words; empty if it may start. */
  blockersOf(group: TaskGroup): string[] {
    if (group.task.deps.length === 0) return [];
    return unmet(group.task, (name) => {
      const found = this.#find(name);
      return found === undefined ? undefined : standingOf(found);
    });
  }

  /** Something of a group has changed; `released` says that it is active no longer. */
  changed(group: TaskGroup, released: boolean): void {
    if (group.waiting) this.#waiting.add(group);
    else this.#waiting.delete(group);
    if (!this.#open) return;
    if (this.#waiting.size === 0) return;
    const { name } = group.task;
    for (const other of [...this.#waiting])
      if (other !== group && ((released && other.waitsFor(name)) || looksAt(other, name))) other.reconsider();
  }

  /** A task has come or gone. */
  reconsider(): void {
    if (this.#open) for (const group of [...this.#waiting]) group.reconsider();
  }

  /** From here on nobody is let go. */
  close(): void {
    this.#open = false;
  }
}

function standingOf({ task, active, kept }: TaskGroup): Standing {
  return { task, active, instances: kept };
}

/** A plain dependency is over with the release; every other condition may come true at any change. */
function looksAt({ task }: TaskGroup, name: string): boolean {
  return task.deps.some((dep) => dep.task === name && dep.condition !== "idle");
}
