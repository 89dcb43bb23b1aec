/**
 * Notices that the wall clock has been set: then it no longer goes with the monotonic one. Slowing it down or speeding it
 * up a little, as NTP does, is no such step. It looks once a second, and only while somebody wants to know.
 */
import type { Moment } from "../domain/instance.ts";
import type { Cancel } from "../domain/ports.ts";

const LOOK_MS = 1000;
/** Smaller steps need no word: a timer that looks at the wall clock when it ends takes them into account. */
const STEP_MS = 250;

export class WallWatch {
  readonly #now: () => Moment;
  readonly #callbacks = new Set<() => void>();
  #timer: Timer | null = null;
  #apart = 0;

  constructor(now: () => Moment) {
    this.#now = now;
  }

  /** Calls back after each step of the wall clock, and after the machine has slept. */
  watch(callback: () => void): Cancel {
    // the same function may be handed in twice
    const own = () => callback();
    this.#callbacks.add(own);
    if (this.#timer === null) this.#begin();
    return () => {
      this.#callbacks.delete(own);
      if (this.#callbacks.size === 0) this.#end();
    };
  }

  #begin(): void {
    this.#apart = this.#difference();
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  #end(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  #look(): void {
    const apart = this.#difference();
    const step = apart - this.#apart;
    this.#apart = apart;
    if (Math.abs(step) < STEP_MS) return;
    for (const callback of [...this.#callbacks]) callback();
  }

  #difference(): number {
    const { mono, wall } = this.#now();
    return wall - mono;
  }
}
