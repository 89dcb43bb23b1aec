/** Labels of tasks: the first so many have their own name, those beyond share one. */

export const OTHER = "other";

export class Names {
  readonly #most: number;
  readonly #own = new Set<string>();

  constructor(most: number) {
    this.#most = most;
  }

  of(task: string): string {
    if (this.#own.has(task)) return task;
    if (this.#own.size >= this.#most) return OTHER;
    this.#own.add(task);
    return task;
  }

  /** The label that nothing stands for any more; `null` if it had none of its own. */
  forget(task: string): string | null {
    return this.#own.delete(task) ? task : null;
  }
}
