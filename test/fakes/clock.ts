/** A clock that stands still until the test moves it. */
import type { Cancel, Clock } from "../../src/domain/ports.ts";

interface Wait {
  readonly due: number;
  readonly callback: () => void;
}

export class FakeClock implements Clock {
  #mono = 0;
  readonly #wallAtZero: number;
  readonly #waits = new Set<Wait>();

  constructor(wall = Date.UTC(2026, 10, 22, 12, 0, 0)) {
    this.#wallAtZero = wall;
  }

  now() {
    return { mono: this.#mono, wall: this.#wallAtZero + this.#mono };
  }

  at(mono: number, callback: () => void): Cancel {
    const wait = { due: mono, callback };
    this.#waits.add(wait);
    return () => this.#waits.delete(wait);
  }

  atWall(wall: number, callback: () => void): Cancel {
    return this.at(wall - this.#wallAtZero, callback);
  }

  /** Lets time pass; what comes due is called in its order. */
  advance(ms: number): void {
    const until = this.#mono + ms;
    for (let next = this.#next(until); next !== null; next = this.#next(until)) {
      this.#waits.delete(next);
      this.#mono = Math.max(this.#mono, next.due);
      next.callback();
    }
    this.#mono = until;
  }

  /** Nobody waits any more. */
  forget(): void {
    this.#waits.clear();
  }

  #next(until: number): Wait | null {
    const due = [...this.#waits].filter((wait) => wait.due <= until).sort((a, b) => a.due - b.due);
    return due[0] ?? null;
  }
}
