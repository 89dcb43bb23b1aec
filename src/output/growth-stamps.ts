/** Which alias grew when, on a count that goes up with each growth of any; and who is to be told once of the next. */
export class GrowthStamps {
  readonly #tell: (alias: string, stamp: number) => void;
  readonly #watched = new Set<string>();
  readonly #stamps = new Map<string, number>();
  #last = 0;
  /** Stands for every alias that was forgotten: it grew then at the latest. */
  #forgotten = 0;

  constructor(tell: (alias: string, stamp: number) => void) {
    this.#tell = tell;
  }

  grew(alias: string): void {
    this.#stamps.set(alias, ++this.#last);
    if (this.#watched.delete(alias)) this.#tell(alias, this.#last);
  }

  /** Tells at once if it has grown after `seen`. */
  watch(alias: string, seen: number): void {
    const stamp = this.#stamps.get(alias) ?? this.#forgotten;
    if (stamp > seen) this.#tell(alias, stamp);
    else this.#watched.add(alias);
  }

  /** Nobody writes to it any more. */
  forget(alias: string): void {
    if (!this.#watched.has(alias) && this.#stamps.delete(alias)) this.#forgotten = this.#last;
  }
}
