/**
 * The segments that are open, one of each row that somebody writes to. Whoever moves bytes asks for room right before and tells
 * how many they were right after; in between a segment is exactly as large as its index says.
 */
import { fstatSync, renameSync } from "node:fs";
import type { LogPolicy, OutputStream } from "../domain/output.ts";
import { type Day, dayNumber, dayOf } from "./files.ts";
import { IndexFile, NO_RUN, lookInto } from "./index-file.ts";
import { type Inventory, type Row, removeFile } from "./inventory.ts";
import { coverTail, openSegment } from "./opening.ts";
import { codeOf } from "../platform/system-errors.ts";
import type { Segment } from "./segment.ts";
import { type SegmentName, indexPath, segmentPath } from "./segment-name.ts";

/** How often it is looked whether a file is still in its place. */
const LOOK_MS = 1000;

export interface OpenSegmentsOptions {
  readonly inventory: Inventory;
  readonly policyOf: (row: Row) => LogPolicy;
  /** How large a segment of this row may become. */
  readonly capOf: (row: Row) => number;
  /** A row has one more closed segment. */
  readonly onClosed: (row: Row) => void;
  /** The size of an open file; where its descriptor is written through, this also goes to its end. */
  readonly measure: ((fd: number) => number) | null;
  /** Unix ms. */
  readonly now: number;
}

export class OpenSegments {
  readonly #options: OpenSegmentsOptions;
  readonly #measure: (fd: number) => number;
  readonly #segments = new Map<Row, Segment>();
  readonly #unflushed = new Map<Row, Segment>();
  #now: number;
  #dayNumber: number;
  #day: Day;

  constructor(options: OpenSegmentsOptions) {
    this.#options = options;
    this.#measure = options.measure ?? ((fd) => fstatSync(fd).size);
    this.#now = options.now;
    this.#dayNumber = dayNumber(options.now);
    this.#day = dayOf(options.now);
  }

  /** True at the turn of the UTC day: all of the day before is closed. */
  turn(now: number): boolean {
    this.#now = now;
    const number = dayNumber(now);
    if (number === this.#dayNumber) return false;
    this.closeAll();
    this.#dayNumber = number;
    this.#day = dayOf(now);
    const { inventory } = this.#options;
    for (const row of inventory.rows.values())
      if (row.current !== null) inventory.close(row, row.current.name);
    return true;
  }

  /** The segment of a row with room for so many bytes, or an empty one. Throws what the disk says. */
  roomFor(row: Row, bytes: number): Segment {
    let segment = this.#inPlace(row);
    const size = this.#measure(segment.fd);
    if (size > segment.size) this.wrote(row, segment, size - segment.size, null, NO_RUN);
    if (size < segment.size) segment = this.#truncated(row, segment, size);
    const { format } = this.#options.policyOf(row);
    if (segment.format !== format) segment = this.#reformatted(row, segment);
    if (segment.size === 0 || segment.size + bytes <= this.#options.capOf(row)) return segment;
    return this.#next(row, segment);
  }

  /** So many bytes were put at the end. */
  wrote(row: Row, segment: Segment, bytes: number, stream: OutputStream, run: Buffer): void {
    segment.index.add(bytes, this.#now, stream, run);
    this.#unflushed.set(row, segment);
    if (row.current === null) return;
    row.current.writtenAt = this.#now;
    this.#options.inventory.resize(row, row.current, row.current.bytes + bytes);
  }

  /** The indexes tell of everything that was written. */
  flush(): void {
    if (this.#unflushed.size === 0) return;
    for (const [row, { index }] of this.#unflushed) {
      const before = index.bytes;
      index.flush();
      if (row.current === null) continue;
      this.#options.inventory.resize(row, row.current, row.current.bytes + index.bytes - before);
    }
    this.#unflushed.clear();
  }

  /** Nobody writes to it any more; the next byte goes on with it. */
  close(row: Row): void {
    const segment = this.#segments.get(row);
    if (segment === undefined) return;
    this.flush();
    this.#segments.delete(row);
    segment.close();
  }

  closeAll(): void {
    for (const row of [...this.#segments.keys()]) this.close(row);
  }

  /** Removes what a row writes to; its index stays without records, so that numbers and positions go on. */
  remove(row: Row): void {
    const { inventory } = this.#options;
    this.close(row);
    if (row.current === null) return;
    const { name } = row.current;
    const path = indexPath(inventory.directory, name);
    const index = lookInto(path);
    removeFile(segmentPath(inventory.directory, name));
    inventory.forget(row, row.current);
    if (index === null) return removeFile(path);
    IndexFile.create(path, { ...index.header, base: index.header.base + index.covered }).close();
  }

  /** What a service that was killed has left without a record gets one, also where nobody goes on with it. */
  coverTails(): void {
    const { inventory } = this.#options;
    for (const row of inventory.rows.values()) {
      const kept = row.current ?? row.closed.at(-1);
      if (kept !== undefined && !kept.name.compressed && !this.#segments.has(row))
        inventory.resize(row, kept, kept.bytes + coverTail(inventory.directory, kept.name));
    }
  }

  #inPlace(row: Row): Segment {
    const segment = this.#segments.get(row);
    if (segment === undefined) return this.#begin(row);
    if (this.#now - segment.lookedAt < LOOK_MS && this.#now >= segment.lookedAt) return segment;
    segment.lookedAt = this.#now;
    if (segment.isInPlace()) return segment;
    this.close(row);
    if (row.current !== null) this.#options.inventory.forget(row, row.current);
    return this.#begin(row);
  }

  /** Somebody has cut the file: an empty one is begun anew, of another the rest stays. */
  #truncated(row: Row, segment: Segment, size: number): Segment {
    const { inventory } = this.#options;
    if (row.current !== null) inventory.resize(row, row.current, size + segment.index.bytes);
    if (size > 0) return this.#next(row, segment);
    segment.restart({ ...segment.index.header, base: segment.end, made: this.#now });
    return segment;
  }

  #reformatted(row: Row, segment: Segment): Segment {
    if (segment.size > 0) return this.#next(row, segment);
    segment.restart({ ...segment.index.header, format: this.#options.policyOf(row).format });
    return segment;
  }

  /** The full one gets its number: first the log, then its index. */
  #next(row: Row, segment: Segment): Segment {
    const { inventory, onClosed } = this.#options;
    const { number } = segment.index.header;
    this.close(row);
    const numbered = { ...this.#name(row), number };
    renameSync(segment.path, segmentPath(inventory.directory, numbered));
    numberIndex(segment, indexPath(inventory.directory, numbered));
    inventory.close(row, numbered);
    const next = this.#begin(row);
    onClosed(row);
    return next;
  }

  #begin(row: Row): Segment {
    const { inventory, policyOf } = this.#options;
    const segment = openSegment(inventory, row, {
      day: this.#day,
      format: policyOf(row).format,
      now: this.#now,
      run: soleRun(row),
    });
    segment.lookedAt = this.#now;
    this.#segments.set(row, segment);
    this.#unflushed.set(row, segment);
    const bytes = segment.size + segment.index.bytes;
    if (row.current === null) inventory.begin(row, this.#name(row), bytes, this.#now);
    else inventory.resize(row, row.current, bytes);
    return segment;
  }

  #name(row: Row): SegmentName {
    return { stem: row.stem, day: this.#day, number: null, compressed: false };
  }
}

/** Somebody may have removed it a moment ago: without one, the next segment would get the same number. */
function numberIndex({ indexPath: from, index }: Segment, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
    const made = IndexFile.create(to, index.header);
    made.add(index.covered, Date.now(), null, NO_RUN);
    made.close();
  }
}

/** The run that alone can have written what an earlier service left without a record. */
function soleRun({ writers }: Row): Buffer {
  const [first, ...others] = writers;
  if (first === undefined) return NO_RUN;
  const alone = [first, ...others].every(({ run, resumed }) => resumed && run.equals(first.run));
  return alone ? first.run : NO_RUN;
}
