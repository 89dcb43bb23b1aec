/** Where a follower begins: at a cursor, or so many lines before the end. */
import { type DayPlace, parseCursor } from "../../domain/cursor.ts";
import { MeprocError } from "../../domain/errors.ts";
import type { Cursor, OutputQuery } from "../../domain/output.ts";
import { type Day, dayOf } from "../files.ts";
import { type Source, countLines, cutLines } from "./block.ts";
import { dayStart } from "./day-start.ts";
import { batchFor } from "./limits.ts";
import { listSegments } from "./log-folder.ts";
import { LogRow, type Place, isBefore } from "./log-row.ts";
import { merge } from "./merge.ts";
import type { QueryOptions } from "./run-query.ts";
import { type ScanOptions, scan } from "./scan.ts";
import { findTail } from "./tail.ts";

type Followed = Pick<OutputQuery, "aliases" | "stream" | "run">;

/** One for each alias, then one for the separate stderr of each. A cursor of the future is the newest place. */
export function placesOf(cursor: Cursor, aliases: number, today: string): DayPlace[] {
  const given = parseCursor(cursor);
  const [first] = given ?? [];
  if (given === null || first === undefined) {
    throw new MeprocError("invalid", `expected a position such as ${today}:4096`);
  }
  return Array.from({ length: 2 * aliases }, (_, i) => {
    const place = given[i] ?? { day: given[i % aliases]?.day ?? first.day, offset: 0 };
    return place.day > today ? { day: today, offset: 0 } : place;
  });
}

/** The places from which on there are the newest `lines` lines. */
export async function tailPlaces(
  query: Followed,
  lines: number,
  wall: number,
  options: QueryOptions,
): Promise<DayPlace[]> {
  const { directory, sync, limits, signal } = options;
  const listings = await listSegments(directory, query.aliases);
  const rows = listings.map((listing) => new LogRow(listing, { directory, sync, hold: false }));
  const wanted = { ...query, since: null, until: null, sieve: null };
  const scanOptions = { wanted, limits, batchBytes: batchFor(limits, rows.length), signal };
  try {
    const starts = lines === 0 ? new Map() : await startsOf(rows, lines, scanOptions);
    const places: DayPlace[] = [];
    for (const row of rows) {
      const start = starts.get(row);
      places.push(
        start === undefined ? await endOf(directory, row, dayOf(wall)) : await dayPlaceOf(row, start),
      );
    }
    return places;
  } finally {
    await Promise.all(rows.map((row) => row.close()));
  }
}

/** Where the first of the newest lines begins in each source that has any of them. */
async function startsOf(
  rows: readonly LogRow[],
  lines: number,
  options: ScanOptions,
): Promise<Map<Source, Place>> {
  const parts = [];
  for (const row of rows.filter(({ count }) => count > 0)) {
    const to = await row.end();
    parts.push({ row, to, tail: await findTail(row, row.start, to, lines, options) });
  }
  let skip = Math.max(0, parts.reduce((sum, { tail }) => sum + tail.count, 0) - lines);
  const starts = new Map<Source, Place>();
  for await (const blocks of merge(parts.map(({ row, to, tail }) => scan(row, tail.from, to, options)))) {
    for (const block of blocks) {
      const count = countLines(block, options.limits.lineBytes);
      if (skip < count) {
        const first = cutLines(block, skip, count, options.limits.lineBytes);
        const known = starts.get(block.source);
        if (known === undefined || isBefore(first, known)) {
          starts.set(block.source, { segment: first.segment, offset: first.offset });
        }
      }
      skip = Math.max(0, skip - count);
    }
  }
  return starts;
}

/** The place after everything: today's, where all of today has been removed. */
async function endOf(directory: string, row: LogRow, today: Day): Promise<DayPlace> {
  const end = await row.end();
  if (row.count > 0 && row.day(end.segment) >= today) return dayPlaceOf(row, end);
  const offset = await dayStart(directory, row.listing.stem, today);
  return row.count > 0 && offset === 0 ? dayPlaceOf(row, end) : { day: today, offset };
}

async function dayPlaceOf(row: LogRow, { segment, offset }: Place): Promise<DayPlace> {
  return { day: row.day(segment), offset: (await row.baseOf(segment)) + offset };
}
