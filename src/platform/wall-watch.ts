/**
 * Notices that the wall clock has been set: then it no longer goes with the monotonic one. What NTP does, slowing it down
 * or speeding it up a little, is noticed when it has come to as much. It looks once a second, all the schedules together,
 * and only while somebody wants to know: 8 µs of CPU time.
 */
import type { Moment } from "../domain/instance.ts";
import type { Cancel } from "../domain/ports.ts";

const LOOK_MS = 1000;
/** By so much at least: a timer may come that late. */
const STEP_MS = 100;

export class WallWatch {
  readonly #now: () => Moment;
  readonly #callbacks = new Set<() => void>();
  #timer: Timer | null = null;
  /** How far the clocks were apart when that was told last. */
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
    if (Math.abs(apart - this.#apart) < STEP_MS) return;
    this.#apart = apart;
    for (const callback of [...this.#callbacks]) callback();
  }

  #difference(): number {
    const { mono, wall } = this.#now();
    return wall - mono;
  }
}
