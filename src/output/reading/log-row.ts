/**
 * A row: the segments of one channel of an alias as they stood when it was listed, read as one. What is written after
 * its end was looked at is not in it. One segment is open at a time.
 */
import type { Format, IndexRecord } from "../index-format.ts";
import type { ListedSegment, Listing } from "./log-folder.ts";
import { type SegmentFile, openSegmentFile } from "./segment-file.ts";

/** A place in a row: which of its segments, and the offset in it. */
export interface Place {
  readonly segment: number;
  readonly offset: number;
}

export function isBefore(a: Place, b: Place): boolean {
  return a.segment === b.segment ? a.offset < b.offset : a.segment < b.segment;
}

/** A stretch of bytes with one author. */
export interface Chunk extends Omit<IndexRecord, "time"> {
  /** Unix ms; `null` if nobody can tell. */
  readonly time: number | null;
}

/** A killed service may have left bytes without a record; younger ones are just being written. */
const SETTLED_MS = 1000;
const DAY_MS = 86_400_000;

export interface RowOptions {
  readonly directory: string;
  /** Settles when what was written before the call has its records; `null` where nobody can tell. */
  readonly sync: (() => Promise<void>) | null;
  /** Keeps the files open between two reads; else there would be too many at once. */
  readonly hold: boolean;
  /** Segments with this number or a smaller one are not looked for where they are not listed. */
  readonly after?: number;
  /** All bytes count, also those that have no record yet. */
  readonly whole?: boolean;
}

interface Known {
  readonly number: number | null;
  readonly base: number;
  readonly end: number;
}

export class LogRow {
  readonly alias: string;
  readonly listing: Listing;
  readonly #options: RowOptions;
  readonly #segments: ListedSegment[];
  /** What was learnt of a segment when it was open: it keeps its end, also if it grows. */
  readonly #known = new Map<number, Known>();
  #open: { readonly segment: number; readonly file: SegmentFile } | null = null;

  constructor(listing: Listing, options: RowOptions) {
    this.alias = listing.alias;
    this.listing = listing;
    this.#segments = [...listing.segments];
    this.#options = options;
  }

  get count(): number {
    return this.#segments.length;
  }

  get start(): Place {
    return { segment: 0, offset: 0 };
  }

  /** Where the row ends: looked at once. */
  async end(): Promise<Place> {
    const segment = this.#segments.length - 1;
    if (segment < 0) return this.start;
    await this.open(segment);
    return { segment: this.#segments.length - 1, offset: await this.sizeOf(this.#segments.length - 1) };
  }

  day(segment: number): string {
    return this.#segments[segment]?.day ?? "";
  }

  /** As it was listed. */
  isIndexed(segment: number): boolean {
    return this.#segments[segment]?.indexed ?? false;
  }

  dayStart(segment: number): number {
    return Date.parse(this.day(segment));
  }

  dayEnd(segment: number): number {
    return this.dayStart(segment) + DAY_MS;
  }

  /** The segment, open; `null` if it is gone. It is closed by opening another one, or by `pause` or `close`. */
  async open(segment: number): Promise<SegmentFile | null> {
    if (this.#open?.segment === segment) return this.#open.file;
    await this.close();
    const name = this.#segments[segment];
    if (name === undefined) return null;
    const number = this.#known.get(segment)?.number ?? null;
    const file = await openSegmentFile(this.#options.directory, name, number);
    if (file === null) return null;
    this.#open = { segment, file };
    if (!this.#known.has(segment)) await this.#learn(segment, file);
    return this.#open?.file ?? null;
  }

  /** The number that its index has; `null` without an index. */
  async numberOf(segment: number): Promise<number | null> {
    if (!this.#known.has(segment)) await this.open(segment);
    return this.#known.get(segment)?.number ?? null;
  }

  /** How much of a segment belongs to the row; 0 if it is gone. */
  async sizeOf(segment: number): Promise<number> {
    if (!this.#known.has(segment)) await this.open(segment);
    return this.#known.get(segment)?.end ?? 0;
  }

  /** Where a segment's offset 0 lies in positions of its day. */
  async baseOf(segment: number): Promise<number> {
    if (!this.#known.has(segment)) await this.open(segment);
    return this.#known.get(segment)?.base ?? 0;
  }

  async formatOf(segment: number): Promise<Format> {
    return (await this.open(segment))?.format ?? "raw";
  }

  /** The chunks of a segment from an offset on, as many as the index gives at once; none at its end. */
  async chunks(segment: number, offset: number): Promise<readonly Chunk[]> {
    const end = await this.sizeOf(segment);
    const file = await this.open(segment);
    if (file === null || offset >= end) return [];
    const { index, covered } = file;
    if (index === null || offset >= covered) return [rest(file, offset, end)];
    const first = await index.find((record) => record.offset + record.length > offset);
    const chunks: Chunk[] = [];
    let at = offset;
    for (const record of await index.from(first)) {
      if (at >= end) break;
      // a hole between two records: nobody knows whose that is
      if (record.offset > at)
        chunks.push({ ...UNKNOWN, offset: at, length: Math.min(record.offset, end) - at });
      at = Math.max(at, record.offset);
      const length = Math.min(record.offset + record.length, end) - at;
      if (length > 0) chunks.push({ ...record, offset: at, length });
      at += Math.max(0, length);
    }
    return chunks;
  }

  async pause(): Promise<void> {
    if (!this.#options.hold) await this.close();
  }

  async close(): Promise<void> {
    const file = this.#open?.file;
    this.#open = null;
    await file?.close();
  }

  async #learn(segment: number, file: SegmentFile): Promise<void> {
    const header = file.index?.header;
    const end = await this.#settledEnd(segment, file);
    const base = header?.base ?? (await this.#baseAfterThoseBefore(segment));
    this.#known.set(segment, { number: header?.number ?? null, base, end });
    // the index was opened anew, or another segment was asked
    if (this.#open?.segment !== segment) await this.open(segment);
    await this.#findMissed(segment, header?.number ?? null);
  }

  /** What the index covers; all of it, if what it does not cover was left by a service that was killed. */
  async #settledEnd(segment: number, file: SegmentFile): Promise<number> {
    if (file.index === null || file.covered >= file.size || this.#options.whole === true) return file.size;
    if (this.#options.sync === null) return isOld(file) ? file.size : file.covered;
    const { size } = file;
    await this.#options.sync();
    await this.close();
    const name = this.#segments[segment];
    if (name === undefined) return 0;
    const again = await openSegmentFile(this.#options.directory, name, file.index.header.number);
    if (again === null) return 0;
    this.#open = { segment, file: again };
    return Math.max(again.covered, size);
  }

  async #baseAfterThoseBefore(segment: number): Promise<number> {
    if (segment === 0 || this.day(segment - 1) !== this.day(segment)) return 0;
    return (await this.baseOf(segment - 1)) + (await this.sizeOf(segment - 1));
  }

  /** The last segment may have been exchanged for a new one after the listing: those between are found by their numbers. */
  async #findMissed(segment: number, number: number | null): Promise<void> {
    const name = this.#segments[segment];
    if (name === undefined || name.number !== null || number === null || segment !== this.count - 1) return;
    const before = this.#segments[segment - 1];
    const known = before?.day === name.day ? (before.number ?? 0) : (this.#options.after ?? 0);
    const missed: ListedSegment[] = [];
    for (let each = number - 1; each > known; each--) {
      const candidate = { ...name, number: each, compressed: false, indexed: true };
      const found = await openSegmentFile(this.#options.directory, candidate, null);
      if (found === null) break;
      await found.close();
      missed.unshift(candidate);
    }
    if (missed.length === 0) return;
    this.#segments.splice(segment, 0, ...missed);
    const last = this.#known.get(segment);
    this.#known.delete(segment);
    if (last !== undefined) this.#known.set(this.count - 1, last);
    if (this.#open !== null) this.#open = { segment: this.count - 1, file: this.#open.file };
  }
}

const UNKNOWN = { time: null, stream: null, run: null } as const;

/** What no record covers. Whoever was killed wrote last when the file was last changed. */
function rest(file: SegmentFile, offset: number, end: number): Chunk {
  const time = file.index === null ? null : Math.floor(file.modified);
  return { ...UNKNOWN, time, offset, length: end - offset };
}

function isOld(file: SegmentFile): boolean {
  return file.modified + SETTLED_MS < Date.now();
}
