/** Answers a query from the log directory: the blocks that match, merged, in the order of time. */
import type { OutputQuery } from "../../domain/output.ts";
import { type Block, countLines, cutLines } from "./block.ts";
import { type Limits, batchFor } from "./limits.ts";
import { locate } from "./locate.ts";
import { listSegments } from "./log-folder.ts";
import { LogRow, type Place, isBefore } from "./log-row.ts";
import { merge } from "./merge.ts";
import { type ScanOptions, type Sieve, scan } from "./scan.ts";
import { findTail } from "./tail.ts";

/** Of so many sources the files stay open between two reads. */
const MAX_HELD = 32;
/** So many sources are looked into at once. */
const AT_ONCE = 16;
const DAY_MS = 86_400_000;

export interface QueryOptions {
  readonly directory: string;
  readonly limits: Limits;
  readonly sync: (() => Promise<void>) | null;
  readonly signal: AbortSignal;
  readonly sieve: Sieve | null;
}

interface Part {
  readonly row: LogRow;
  readonly from: Place;
  readonly to: Place;
  readonly count: number;
}

export async function* runQuery(query: OutputQuery, options: QueryOptions): AsyncGenerator<readonly Block[]> {
  const rows = await openRows(query.aliases, options);
  const { limits, signal, sieve } = options;
  const batchBytes = batchFor(limits, rows.length);
  const scanOptions: ScanOptions = { wanted: { ...query, sieve }, limits, batchBytes, signal };
  try {
    const parts = await mapSome(rows, (row) => partOf(row, query, scanOptions));
    const found = parts.reduce((sum, { count }) => sum + count, 0);
    const skip = query.tail === null ? 0 : Math.max(0, found - query.tail);
    const most = query.tail === 0 ? 0 : (query.limit ?? Number.POSITIVE_INFINITY);
    const sources = parts.map(({ row, from, to }) => scan(row, from, to, scanOptions));
    yield* cut(merge(sources), skip, most, limits.lineBytes);
  } finally {
    await Promise.all(rows.map((row) => row.close()));
  }
}

/** One for each channel of which there is anything. */
export async function openRows(
  aliases: readonly string[],
  { directory, sync }: Pick<QueryOptions, "directory" | "sync">,
): Promise<LogRow[]> {
  const listings = (await listSegments(directory, aliases)).filter(({ segments }) => segments.length > 0);
  const hold = listings.length <= MAX_HELD;
  return listings.map((listing) => new LogRow(listing, { directory, sync, hold }));
}

async function partOf(row: LogRow, query: OutputQuery, options: ScanOptions): Promise<Part> {
  const end = await row.end();
  const earliest = Math.max(query.since ?? 0, runBegan(query.run));
  const from = earliest > 0 ? await locate(row, earliest, "since") : row.start;
  const to = query.until === null ? end : await locate(row, query.until, "until");
  const last = isBefore(end, to) ? end : to;
  const part = { row, from, to: last, count: 0 };
  if (query.tail === null || query.tail === 0) return part;
  const tail = await findTail(row, from, last, query.tail, options);
  await row.pause();
  return { ...part, ...tail };
}

/** Ids of runs begin with their time (UUIDv7). Some slack: clocks are set. */
function runBegan(run: string | null): number {
  const hex = run?.replaceAll("-", "") ?? "";
  if (!/^[0-9a-f]{12}7/i.test(hex)) return 0;
  return Math.max(0, Number.parseInt(hex.slice(0, 12), 16) - DAY_MS);
}

async function* cut(
  batches: AsyncIterable<readonly Block[]>,
  skip: number,
  most: number,
  lineBytes: number,
): AsyncGenerator<readonly Block[]> {
  let [toSkip, left] = [skip, most];
  if (left <= 0) return;
  for await (const blocks of batches) {
    if (toSkip === 0 && left === Number.POSITIVE_INFINITY) {
      yield blocks;
      continue;
    }
    const kept: Block[] = [];
    for (const block of blocks) {
      const count = countLines(block, lineBytes);
      const part = cutLines(block, toSkip, left, lineBytes);
      const taken = Math.min(Math.max(0, count - toSkip), left);
      toSkip = Math.max(0, toSkip - count);
      left -= taken;
      if (taken > 0) kept.push(part);
    }
    if (kept.length > 0) yield kept;
    if (left <= 0) return;
  }
}

async function mapSome<T, U>(items: readonly T[], change: (item: T) => Promise<U>): Promise<U[]> {
  const done: U[] = [];
  for (let at = 0; at < items.length; at += AT_ONCE) {
    done.push(...(await Promise.all(items.slice(at, at + AT_ONCE).map(change))));
  }
  return done;
}
