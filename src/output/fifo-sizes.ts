/** FIFOs that flood get room for 16 times as much, which makes the moves fewer and larger. Pipe memory is limited per user. */

/** Only so many are large at a time. */
const MAX_LARGE = 8;
const LARGE_BYTES = 1 << 20;
const USUAL_BYTES = 64 << 10;
/** A large one that has not flooded for so long is made small again if another one floods. */
const QUIET_MS = 1000;

export class FifoSizes {
  readonly #resize: (fd: number, bytes: number) => number;
  /** Descriptors, and when they last brought much at once, on the clock of `performance.now`. */
  readonly #large = new Map<number, number>();

  constructor(resize: (fd: number, bytes: number) => number) {
    this.#resize = resize;
  }

  /** It has just brought as much as a usual one holds. */
  enlarge(fd: number): void {
    const now = performance.now();
    const isNew = !this.#large.has(fd);
    if (isNew && this.#large.size >= MAX_LARGE && !this.#shrinkOne(now)) return;
    if (isNew) this.#resize(fd, LARGE_BYTES);
    this.#large.set(fd, now);
  }

  forget(fd: number): void {
    this.#large.delete(fd);
  }

  /** False if all the large ones are needed. */
  #shrinkOne(now: number): boolean {
    for (const [fd, floodedAt] of this.#large) {
      if (now - floodedAt < QUIET_MS || this.#resize(fd, USUAL_BYTES) < 0) continue;
      return this.#large.delete(fd);
    }
    return false;
  }
}
