/**
 * Where the files ended each time the service was killed. Output may break off there and nowhere else: what was still in
 * a FIFO is gone if its process ended before the next service had opened it, and the kill may have cut the move into the
 * file short, which the kernel does between two pages of the file and so in the middle of a line.
 */
export class Breaks {
  readonly #sizeOf: (stream: string) => number;
  /** For each stream: where its last whole line ended, and how long it was. */
  readonly #lengths = new Map<string, Map<number, number>>();

  constructor(sizeOf: (stream: string) => number) {
    this.#sizeOf = sizeOf;
  }

  /** While there is no service: `wholeLines` is how far whole lines reach in each stream. */
  note(wholeLines: ReadonlyMap<string, number>): void {
    for (const [stream, offset] of wholeLines) {
      const lengths = this.#lengths.get(stream) ?? new Map<number, number>();
      this.#lengths.set(stream, lengths.set(offset, this.#sizeOf(stream)));
    }
  }

  /** Whether a kill found the last whole line ending here. */
  has(file: string, offset: number): boolean {
    return this.#lengths.get(file)?.has(offset) ?? false;
  }

  /** How many bytes of an unfinished line a kill has found here. */
  cutAt(file: string, offset: number): number {
    const length = this.#lengths.get(file)?.get(offset);
    return length === undefined ? 0 : length - offset;
  }
}
