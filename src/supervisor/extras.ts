/**
 * The runs of an instance beside its own, where its schedule allows overlap. Each has a whole life: it waits, is timed
 * out, repeated and stopped like any other, and is forgotten when it comes to rest.
 */
import type { Actor } from "../domain/fact.ts";
import type { Task } from "../domain/task.ts";
import type { Instance } from "./instance.ts";
import type { LastRun, LiveRun } from "./runs.ts";

const NONE: readonly LiveRun[] = [];

export class Extras {
  readonly #create: () => Instance;
  readonly #all = new Set<Instance>();
  #last: LastRun | null = null;

  constructor(create: () => Instance) {
    this.#create = create;
  }

  make(): Instance {
    const extra = this.#create();
    this.#all.add(extra);
    return extra;
  }

  /** To be called when one has changed: one that rests is let go. */
  settle(extra: Instance): void {
    if (extra.active || extra.stuck) return;
    this.#all.delete(extra);
    this.#last = newer(this.#last, extra.last);
  }

  get active(): Instance | null {
    for (const extra of this.#all) if (extra.active) return extra;
    return null;
  }

  /** The one whose state says most. */
  get telling(): Instance | null {
    return this.active ?? [...this.#all].find((extra) => extra.stuck) ?? null;
  }

  get waiting(): boolean {
    for (const extra of this.#all) if (extra.waiting) return true;
    return false;
  }

  get lives(): readonly LiveRun[] {
    return this.#all.size === 0 ? NONE : [...this.#all].flatMap((extra) => extra.lives);
  }

  /** The one of both that ended later. */
  later(last: LastRun | null): LastRun | null {
    return newer(last, this.#last);
  }

  update(task: Task): void {
    for (const extra of this.#all) extra.update(task);
  }

  depsMet(): void {
    for (const extra of [...this.#all]) extra.depsMet();
  }

  depsUnmet(waitingFor: readonly string[]): void {
    for (const extra of [...this.#all]) extra.depsUnmet(waitingFor);
  }

  async stop(by: Actor): Promise<void> {
    await Promise.all([...this.#all].map((extra) => extra.stop(by)));
  }

  freeze(): void {
    for (const extra of this.#all) extra.freeze();
  }

  killNow(): void {
    for (const extra of this.#all) extra.killNow();
  }
}

function newer(a: LastRun | null, b: LastRun | null): LastRun | null {
  if (a === null || b === null) return a ?? b;
  return b.endedAt.mono >= a.endedAt.mono ? b : a;
}
