/**
 * Starts, one after the other. A burst of them gives the event loop its turn in between, so that the API goes on answering.
 */
const TURN_MS = 4;

export class StartQueue {
  readonly #waiting: (() => void)[] = [];
  #draining = false;

  /** `start` is called soon, and never before this call has returned. */
  add(start: () => void): void {
    this.#waiting.push(start);
    if (this.#draining) return;
    this.#draining = true;
    queueMicrotask(() => this.#drain());
  }

  #drain(): void {
    const end = performance.now() + TURN_MS;
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      next();
      if (performance.now() < end || this.#waiting.length === 0) continue;
      setImmediate(() => this.#drain());
      return;
    }
    this.#draining = false;
  }
}
