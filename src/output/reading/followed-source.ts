/** One source of a follower: where it is, and what comes next there. */
import { stat } from "node:fs/promises";
import type { DayPlace } from "../../domain/cursor.ts";
import type { OutputPiece, OutputQuery } from "../../domain/output.ts";
import { dayOf } from "../files.ts";
import type { Channel } from "../segment-name.ts";
import { channelStem } from "../segment-name.ts";
import { NEWLINE } from "./block.ts";
import type { FollowOptions } from "./follow.ts";
import { batchFor } from "./limits.ts";
import { back } from "./locate.ts";
import { type ListedSegment, listSegments } from "./log-folder.ts";
import { type Chunk, LogRow, type Place, isBefore } from "./log-row.ts";
import { unformat } from "./unformat.ts";

/** Chunks of one author are one piece if they were read within so many ms. */
const TOGETHER_MS = 100;

/** File systems tell times no finer than this. */
const TICK_MS = 100;

type Bare = Omit<OutputPiece, "to">;
type Filter = Pick<OutputQuery, "stream" | "run">;

interface Ahead {
  readonly row: LogRow;
  readonly end: Place;
  at: Place;
}

export class FollowedSource {
  readonly alias: string;
  readonly #channel: Channel;
  readonly #filter: Filter;
  readonly #options: FollowOptions;
  readonly #pieceBytes: number;
  #place: DayPlace;
  /** The number of the segment that the place is in, if that was the newest one. */
  #number: number | null = null;
  /** When the folder had last changed at a listing with nothing after the place, which only a new file can bring. */
  #nothingAt: number | null = null;
  #ahead: Ahead | null = null;
  #next = Number.NEGATIVE_INFINITY;
  #mayHaveMore = true;
  #missed = 0;

  constructor(
    alias: string,
    channel: Channel,
    place: DayPlace,
    sources: number,
    filter: Filter,
    options: FollowOptions,
  ) {
    this.alias = alias;
    this.#channel = channel;
    this.#place = place;
    this.#filter = filter;
    this.#options = options;
    this.#pieceBytes = Math.min(options.limits.pieceBytes, batchFor(options.limits, sources));
  }

  get place(): DayPlace {
    return this.#place;
  }

  /** When the next piece was read (Unix ms). */
  get next(): number {
    return this.#next;
  }

  grew(): void {
    this.#mayHaveMore = true;
  }

  /** True if there is something after the place. */
  async look(): Promise<boolean> {
    while (this.#ahead === null) {
      if (!this.#mayHaveMore) return false;
      this.#mayHaveMore = false;
      if (!(await this.#lookAhead())) return false;
      // there may be more than was seen now
      this.#mayHaveMore = true;
    }
    return true;
  }

  /** The next piece; `null` if what comes next is not asked for. */
  async take(): Promise<Bare | null> {
    const ahead = this.#ahead;
    if (ahead === null) return null;
    const { row, at, end } = ahead;
    const last = at.segment === end.segment ? end.offset : await row.sizeOf(at.segment);
    const together = this.#together(await row.chunks(at.segment, at.offset), last);
    const [first] = together;
    const newest = together.at(-1);
    if (first === undefined || newest === undefined) return this.#leave(ahead);
    const isWanted = isOf(first, this.#filter);
    const read = isWanted ? await this.#read(row, at.segment, first.offset, newest) : null;
    if (isWanted && read === null) return this.#leave(ahead);
    const to = first.offset + (read?.length ?? newest.offset + newest.length - first.offset);
    await this.#moveTo(ahead, { segment: at.segment, offset: to });
    if (read === null) return null;
    const { stream, run } = first;
    const missed_bytes = this.#missed;
    this.#missed = 0;
    return { alias: this.alias, time: newest.time, stream, run, bytes: read.bytes, missed_bytes };
  }

  async close(): Promise<void> {
    await this.#ahead?.row.close();
    this.#ahead = null;
  }

  /** The segment is gone: on to what comes after it. */
  async #leave(ahead: Ahead): Promise<null> {
    const { segment } = ahead.at;
    const gone = ahead.at.segment === ahead.end.segment ? ahead.end.offset : await ahead.row.sizeOf(segment);
    this.#missed += Math.max(0, gone - ahead.at.offset);
    await this.#moveTo(ahead, { segment, offset: gone });
    return null;
  }

  async #moveTo(ahead: Ahead, to: Place): Promise<void> {
    const { row, end } = ahead;
    this.#place = { day: row.day(to.segment), offset: (await row.baseOf(to.segment)) + to.offset };
    ahead.at = to;
    while (isBefore(ahead.at, end) && ahead.at.offset >= (await row.sizeOf(ahead.at.segment))) {
      ahead.at = { segment: ahead.at.segment + 1, offset: 0 };
    }
    if (isBefore(ahead.at, end)) {
      this.#next = await timeAt(row, ahead.at);
      await row.pause();
    } else {
      this.#number = await row.numberOf(end.segment);
      await this.close();
    }
  }

  async #lookAhead(): Promise<boolean> {
    const today = dayOf(this.#options.wall());
    const same = await this.#sameSegment(today);
    const changed = same === null ? await this.#folderChanged() : null;
    if (changed !== null && changed === this.#nothingAt) return false;
    const row = same ?? (await this.#listed());
    const end = await row.end();
    const start = row.count === 0 ? null : await this.#placeIn(row, end);
    if (start === null || !isBefore(start, end)) {
      // what comes now comes into a new file
      if (row.count === 0 || row.day(end.segment) < today) this.#nothingAt = changed;
      await row.close();
      return false;
    }
    this.#ahead = { row, end, at: start };
    this.#next = await timeAt(row, start);
    await row.pause();
    return true;
  }

  /** The segment in which the place is, and those that came after it on the same day; `null` if more may be needed. */
  async #sameSegment(today: string): Promise<LogRow | null> {
    if (this.#number === null || this.#place.day !== today) return null;
    const stem = channelStem(this.alias, this.#channel);
    const name = { stem, day: today, number: null, compressed: false, indexed: true };
    const row = this.#row([name], this.#number - 1);
    if ((await row.open(0)) !== null && (await row.numberOf(row.count - 1)) !== null) return row;
    await row.close();
    return null;
  }

  /** When a file was last made, renamed or removed; NaN, which is like no other, where that was just now. */
  async #folderChanged(): Promise<number> {
    const { mtimeMs } = await stat(this.#options.directory);
    return Date.now() - mtimeMs > TICK_MS ? mtimeMs : Number.NaN;
  }

  async #listed(): Promise<LogRow> {
    const listings = await listSegments(this.#options.directory, [this.alias]);
    const listing = listings.find(({ channel }) => channel === this.#channel);
    return this.#row(listing?.segments.filter(({ day }) => day >= this.#place.day) ?? [], 0);
  }

  #row(segments: readonly ListedSegment[], after: number): LogRow {
    const { directory, sync } = this.#options;
    const stem = channelStem(this.alias, this.#channel);
    const listing = { alias: this.alias, channel: this.#channel, stem, segments };
    return new LogRow(listing, { directory, sync, hold: false, after });
  }

  /** Where the place lies; what is gone of it and what is too far behind is counted and passed over. */
  async #placeIn(row: LogRow, end: Place): Promise<Place> {
    const at = await this.#find(row, end);
    const behind = await distance(row, at, end);
    if (behind <= this.#options.limits.behindBytes) return at;
    const place = await back(row, end, this.#options.limits.newestBytes, at);
    this.#missed += await distance(row, at, place);
    return place;
  }

  async #find(row: LogRow, end: Place): Promise<Place> {
    const { day, offset } = this.#place;
    for (let segment = 0; segment < row.count; segment++) {
      const size = await row.sizeOf(segment);
      const base = await row.baseOf(segment);
      const within = row.day(segment) === day ? offset : 0;
      if (size === 0 || within >= base + size) continue;
      if (within < base) this.#missed += base - within;
      return { segment, offset: Math.max(0, within - base) };
    }
    // a place after the end was never given out, or the file was cut
    const last = (await row.baseOf(end.segment)) + end.offset;
    if (row.day(end.segment) === day && offset > last) this.#place = { day, offset: last };
    this.#number = await row.numberOf(end.segment);
    return end;
  }

  /** The chunks that make one piece. */
  #together(chunks: readonly Chunk[], end: number): Chunk[] {
    const together: Chunk[] = [];
    const [first] = chunks;
    if (first === undefined) return together;
    const most = Math.min(end, first.offset + this.#pieceBytes);
    for (const chunk of chunks) {
      if (chunk.offset >= most || chunk.stream !== first.stream || chunk.run !== first.run) break;
      if ((chunk.time ?? 0) - (first.time ?? 0) > TOGETHER_MS) break;
      together.push({ ...chunk, length: Math.min(chunk.length, most - chunk.offset) });
    }
    return together;
  }

  /** What was written there, and how long it is in the file; `null` if it is gone. */
  async #read(
    row: LogRow,
    segment: number,
    from: number,
    last: Chunk,
  ): Promise<{ bytes: Uint8Array; length: number } | null> {
    const file = await row.open(segment);
    const bytes = (await file?.read(from, last.offset + last.length)) ?? new Uint8Array();
    if (file === null || bytes.length === 0) return null;
    if (file.format === "raw") return { bytes, length: bytes.length };
    const end = bytes.lastIndexOf(NEWLINE) + 1 || bytes.length;
    const lines: Uint8Array[] = [];
    for (let at = 0; at < end;) {
      const next = bytes.indexOf(NEWLINE, at) + 1 || end;
      lines.push(unformat(bytes.subarray(at, next), file.format).bytes);
      at = next;
    }
    return { bytes: Buffer.concat(lines), length: end };
  }
}

function isOf(chunk: Chunk, { stream, run }: Filter): boolean {
  return (stream === null || chunk.stream === stream) && (run === null || chunk.run === run);
}

async function timeAt(row: LogRow, { segment, offset }: Place): Promise<number> {
  const [chunk] = await row.chunks(segment, offset);
  return chunk?.time ?? row.dayStart(segment);
}

async function distance(row: LogRow, from: Place, to: Place): Promise<number> {
  if (from.segment === to.segment) return to.offset - from.offset;
  let bytes = (await row.sizeOf(from.segment)) - from.offset + to.offset;
  for (let segment = from.segment + 1; segment < to.segment; segment++) bytes += await row.sizeOf(segment);
  return bytes;
}
