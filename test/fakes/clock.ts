/** A clock that stands still until the test moves it. */
import type { Cancel, Clock } from "../../src/domain/ports.ts";

interface Wait {
  /** When it is due, as the monotonic clock is now. */
  readonly due: () => number;
  readonly callback: () => void;
}

export class FakeClock implements Clock {
  #mono = 0;
  #wallAtZero: number;
  readonly #waits = new Set<Wait>();
  readonly #watchers = new Set<{ readonly callback: () => void }>();

  constructor(wall = Date.UTC(2026, 10, 22, 12, 0, 0)) {
    this.#wallAtZero = wall;
  }

  now() {
    return { mono: this.#mono, wall: this.#wallAtZero + this.#mono };
  }

  at(mono: number, callback: () => void): Cancel {
    return this.#wait({ due: () => mono, callback });
  }

  atWall(wall: number, callback: () => void): Cancel {
    return this.#wait({ due: () => wall - this.#wallAtZero, callback });
  }

  whenSet(callback: () => void): Cancel {
    const watcher = { callback };
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** Lets time pass; what comes due is called in its order. */
  advance(ms: number): void {
    const until = this.#mono + ms;
    for (let next = this.#next(until); next !== null; next = this.#next(until)) {
      this.#waits.delete(next);
      this.#mono = Math.max(this.#mono, next.due());
      next.callback();
    }
    this.#mono = until;
  }

  /** The wall clock is put forward, or back, by so much, and no time passes. */
  set(ms: number): void {
    this.#wallAtZero += ms;
    for (const { callback } of [...this.#watchers]) callback();
  }

  /** Nobody waits any more. */
  forget(): void {
    this.#waits.clear();
    this.#watchers.clear();
  }

  #wait(wait: Wait): Cancel {
    this.#waits.add(wait);
    return () => this.#waits.delete(wait);
  }

  #next(until: number): Wait | null {
    let first: Wait | null = null;
    for (const wait of this.#waits)
      if (wait.due() <= until && (first === null || wait.due() < first.due())) first = wait;
    return first;
  }
}
