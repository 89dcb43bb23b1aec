/** Only so many read at a time: hundreds of followers of one flood would otherwise all hold bytes and files at once. */
export class Seats {
  #free: number;
  /** Who waits, in the order of coming. */
  readonly #waiting = new Set<() => void>();

  constructor(count: number) {
    this.#free = count;
  }

  /** Does it when there is a seat. */
  async take<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.add(resolve));
    try {
      return await work();
    } finally {
      this.#leave();
    }
  }

  /** A seat goes straight to who waits longest. */
  #leave(): void {
    for (const next of this.#waiting) {
      this.#waiting.delete(next);
      return next();
    }
    this.#free++;
  }
}
