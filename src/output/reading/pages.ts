/** Captured output as a row of bytes with positions: its newest bytes, and pages backwards. */
import type { OutputPage } from "../../domain/ports.ts";
import type { Position } from "../../domain/position.ts";
import { formatCursor, parseCursor } from "../../domain/cursor.ts";
import { type Day, dayOf } from "../files.ts";
import { channelStem } from "../segment-name.ts";
import { NEWLINE } from "./block.ts";
import { dayStart } from "./day-start.ts";
import { listSegments } from "./log-folder.ts";
import { LogRow } from "./log-row.ts";

interface Range {
  readonly bytes: Uint8Array;
  /** Offsets in the day. */
  readonly from: number;
  readonly to: number;
  /** There is more of this day before `from`. */
  readonly more: boolean;
}

const NOTHING: Range = { bytes: new Uint8Array(), from: 0, to: 0, more: false };

/** The newest `limit` bytes of a day. */
export async function newestOf(
  directory: string,
  alias: string,
  day: Day,
  limit: number,
): Promise<Uint8Array> {
  return (await readBack(directory, alias, day, null, limit)).bytes;
}

/** At most `limit` bytes of one day that end at `before`, or at the newest. */
export async function pageOf(
  directory: string,
  alias: string,
  before: Position | null,
  limit: number,
  wall: number,
): Promise<OutputPage> {
  const [end] = before === null ? [] : (parseCursor(before) ?? []);
  const days = await daysOf(directory, alias);
  for (const day of days.toReversed()) {
    if (end !== undefined && (day > end.day || (day === end.day && end.offset === 0))) continue;
    const range = await readBack(directory, alias, day, end?.day === day ? end.offset : null, limit);
    if (range.bytes.length === 0) continue;
    const cut = range.more ? afterFirstLine(range.bytes) : 0;
    const from = range.from + cut;
    const more = range.more || cut > 0 || days.some((each) => each < day);
    return { bytes: range.bytes.subarray(cut), from: format(day, from), to: format(day, range.to), more };
  }
  const today = dayOf(wall);
  const here = before ?? format(today, await dayStart(directory, channelStem(alias, "all"), today));
  return { bytes: new Uint8Array(), from: here, to: here, more: false };
}

async function readBack(
  directory: string,
  alias: string,
  day: Day,
  before: number | null,
  limit: number,
): Promise<Range> {
  const [listing] = await listSegments(directory, [alias]);
  if (listing === undefined) return NOTHING;
  const segments = listing.segments.filter((name) => name.day === day);
  const row = new LogRow({ ...listing, segments }, { directory, sync: null, hold: true, whole: true });
  try {
    await row.end();
    return await readRow(row, before ?? Number.POSITIVE_INFINITY, limit);
  } finally {
    await row.close();
  }
}

/** From segment to segment backwards, as long as they join. */
async function readRow(row: LogRow, before: number, limit: number): Promise<Range> {
  const parts: Uint8Array[] = [];
  let [from, to, left] = [before, 0, limit];
  for (let segment = row.count - 1; segment >= 0; segment--) {
    const base = await row.baseOf(segment);
    const end = Math.min(from, base + (await row.sizeOf(segment)));
    if (end <= base) continue;
    // what was between them is gone
    if (parts.length > 0 && end < from) return { bytes: Buffer.concat(parts), from, to, more: true };
    if (left === 0) return { bytes: Buffer.concat(parts), from, to, more: true };
    const start = Math.max(base, end - left);
    const bytes = (await (await row.open(segment))?.read(start - base, end - base)) ?? new Uint8Array();
    if (bytes.length < end - start) continue;
    if (parts.length === 0) to = end;
    parts.unshift(bytes);
    from = start;
    left -= bytes.length;
    if (start > base) return { bytes: Buffer.concat(parts), from, to, more: true };
  }
  return parts.length === 0 ? NOTHING : { bytes: Buffer.concat(parts), from, to, more: false };
}

/** The days of which there is output, the oldest first. */
async function daysOf(directory: string, alias: string): Promise<Day[]> {
  const [listing] = await listSegments(directory, [alias]);
  return [...new Set(listing?.segments.map(({ day }) => day))];
}

function format(day: Day, offset: number): Position {
  return formatCursor([{ day, offset }]);
}

function afterFirstLine(bytes: Uint8Array): number {
  const newline = bytes.indexOf(NEWLINE);
  return newline === -1 || newline === bytes.length - 1 ? 0 : newline + 1;
}
