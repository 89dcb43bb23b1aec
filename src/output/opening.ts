/** Opens the segment of a row that bytes go to today, and makes good what a kill, an older version or a person has left. */
import { fstatSync, mkdirSync, statSync } from "node:fs";
import type { Day } from "./files.ts";
import { IndexFile, NO_RUN, lookInto } from "./index-file.ts";
import type { Format, IndexHeader } from "./index-format.ts";
import type { Inventory, Kept, Row } from "./inventory.ts";
import { Segment } from "./segment.ts";
import { type SegmentName, indexPath, segmentPath } from "./segment-name.ts";

export interface Wanted {
  readonly day: Day;
  readonly format: Format;
  /** Unix ms. */
  readonly now: number;
  /** The run that alone can have written what no record covers; zeros for none. */
  readonly run: Buffer;
}

/** Throws what the disk says. */
export function openSegment(inventory: Inventory, row: Row, wanted: Wanted): Segment {
  const { day, format, now } = wanted;
  const name = { stem: row.stem, day, number: null, compressed: false };
  const path = segmentPath(inventory.directory, name);
  const index = indexPath(inventory.directory, name);
  freeName(inventory, row, day);
  const opened = IndexFile.open(index);
  const isThere = statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
  if (opened !== null && isThere) return cover(Segment.open(path, opened, index), wanted.run);
  opened?.close();
  const header = opened === null ? after(inventory, row, day) : next(opened);
  // somebody may have removed the whole folder
  mkdirSync(inventory.directory, { recursive: true, mode: 0o700 });
  const made = IndexFile.create(index, { ...header, format, made: now });
  return cover(Segment.open(path, made, index), NO_RUN);
}

/** A closed segment of this day may have the name without a number, where the clock was set back. */
function freeName(inventory: Inventory, row: Row, day: Day): void {
  const kept = row.closed.find(({ name }) => name.day === day && name.number === null);
  if (kept === undefined) return;
  const { number } = after(inventory, row, day);
  inventory.renumber(row, kept, number);
}

/** The index of a file that is gone: numbers and positions go on from it. */
function next({ header, covered }: IndexFile): Pick<IndexHeader, "number" | "base"> {
  return { number: header.number, base: header.base + covered };
}

/** What follows the newest closed segment of the day. */
function after(inventory: Inventory, row: Row, day: Day): Pick<IndexHeader, "number" | "base"> {
  const last = row.closed.findLast(({ name }) => name.day === day && name.number !== null);
  if (last === undefined) return { number: 1, base: 0 };
  return { number: (last.name.number ?? 0) + 1, base: endOf(inventory, last) };
}

function endOf(inventory: Inventory, { name }: Kept): number {
  const index = lookInto(indexPath(inventory.directory, name));
  if (index === null) return 0;
  const raw = statSync(segmentPath(inventory.directory, name), { throwIfNoEntry: false })?.size ?? 0;
  return index.header.base + Math.max(index.covered, name.compressed ? 0 : raw);
}

/** Bytes that no record covers get one: a service that was killed, an older version, or a person has written them. */
function cover(segment: Segment, run: Buffer): Segment {
  const { size, mtimeMs } = fstatSync(segment.fd);
  if (size > segment.size) segment.index.add(size - segment.size, Math.round(mtimeMs), null, run);
  return segment;
}

/** The same for a segment that is not opened; returns by how much its index has grown. One without an index stays so. */
export function coverTail(directory: string, name: SegmentName): number {
  const path = indexPath(directory, name);
  const log = statSync(segmentPath(directory, name), { throwIfNoEntry: false });
  const index = IndexFile.open(path);
  if (index === null) return 0;
  const before = index.bytes;
  if (log !== undefined && log.size > index.covered)
    index.add(log.size - index.covered, Math.round(log.mtimeMs), null, NO_RUN);
  index.close();
  return index.bytes - before;
}
