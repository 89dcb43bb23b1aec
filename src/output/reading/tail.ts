/** Finds where the newest lines of a row begin, by walking back from its end in growing steps. */
import { countLines } from "./block.ts";
import { back } from "./locate.ts";
import { type LogRow, type Place, isBefore } from "./log-row.ts";
import { type ScanOptions, scan } from "./scan.ts";

const GROWTH = 4;

export interface Tail {
  readonly from: Place;
  /** How many lines match from there on: at least as many as asked for, unless there are no more. */
  readonly count: number;
}

export async function findTail(
  row: LogRow,
  from: Place,
  to: Place,
  lines: number,
  options: ScanOptions,
): Promise<Tail> {
  for (let bytes = options.limits.tailBytes; ; bytes *= GROWTH) {
    const start = await back(row, to, bytes, from);
    let count = 0;
    for await (const blocks of scan(row, start, to, options)) {
      for (const block of blocks) count += countLines(block, options.limits.lineBytes);
    }
    if (count >= lines || !isBefore(from, start) || options.signal.aborted) return { from: start, count };
  }
}
