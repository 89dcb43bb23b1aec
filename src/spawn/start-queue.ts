/**
 * Starts, one after the other. A burst of them gives the event loop its turn in between, so that the API goes on answering.
 * What asks for a start in one turn of the loop is written to the history together, before the first of it is started.
 */
const TURN_MS = 4;

export class StartQueue {
  readonly #commit: () => void;
  readonly #waiting: (() => void)[] = [];
  #draining = false;

  /** `commit` puts on disk what was noted of the starts that wait. */
  constructor(commit: () => void) {
    this.#commit = commit;
  }

  /** `start` is called soon, after a commit, and never before this call has returned. */
  add(start: () => void): void {
    this.#waiting.push(start);
    if (this.#draining) return;
    this.#draining = true;
    setImmediate(() => this.#drain());
  }

  #drain(): void {
    const end = performance.now() + TURN_MS;
    this.#commit();
    // what a start brings with it is not on disk yet and waits for the next turn
    let committed = this.#waiting.length;
    try {
      do {
        committed--;
        this.#waiting.shift()?.();
      } while (committed > 0 && performance.now() < end);
    } finally {
      // whatever becomes of one start, the others have theirs
      if (this.#waiting.length > 0) setImmediate(() => this.#drain());
      else this.#draining = false;
    }
  }
}
