/** How much the tasks have written, by where their output ends: nothing is counted while nobody looks. */
import type { Position } from "../domain/position.ts";

interface Place {
  readonly day: string;
  readonly offset: number;
}

export class OutputCount {
  readonly #end: (alias: string) => Promise<Position>;
  readonly #seen = new Map<string, Map<string, Place>>();

  constructor(end: (alias: string) => Promise<Position>) {
    this.#end = end;
  }

  /** Bytes since this was asked last, or since midnight (UTC). What came between the last look and midnight is left out. */
  async since(task: string, aliases: readonly string[]): Promise<number> {
    const seen = this.#seen.get(task) ?? new Map<string, Place>();
    this.#seen.set(task, seen);
    let sum = 0;
    for (const alias of aliases) {
      const place = placeOf(await this.#end(alias));
      const last = seen.get(alias);
      seen.set(alias, place);
      sum += Math.max(0, last?.day === place.day ? place.offset - last.offset : place.offset);
    }
    return sum;
  }

  forget(task: string): void {
    this.#seen.delete(task);
  }
}

function placeOf(position: Position): Place {
  const [day = "", offset = "0"] = position.split(":");
  return { day, offset: Number(offset) };
}
