/** Writes segments as the capture does, into a folder, and remembers all of it as a plain list. */
import {
  appendFileSync,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import type { OutputLine, OutputQuery, OutputStream } from "../../src/domain/output.ts";
import { dayOf } from "../../src/output/files.ts";
import {
  INDEX_BYTES,
  type Stream,
  encodeHeader,
  encodeRecord,
  encodeRun,
} from "../../src/output/index-format.ts";
import { encodeSeekTable } from "../../src/output/seek-table.ts";
import {
  type Channel,
  type SegmentName,
  channelStem,
  indexPath,
  segmentPath,
} from "../../src/output/segment-name.ts";

export interface Written {
  readonly time: number | null;
  readonly stream: OutputStream;
  readonly run: string | null;
  readonly bytes: Buffer;
  readonly day: string;
}

interface ModelSegment {
  name: SegmentName;
  readonly number: number;
  readonly base: number;
  readonly chunks: Written[];
  size: number;
  covered: number;
}

const FRAME_BYTES = 40;
const DAY_MS = 86_400_000;

/** What one channel of an alias has written. */
export class ModelLog {
  readonly alias: string;
  readonly #directory: string;
  readonly #stem: string;
  #segments: ModelSegment[] = [];
  /** Everything, also what has been removed. */
  readonly all: Written[] = [];

  constructor(directory: string, alias: string, channel: Channel = "all") {
    this.#directory = directory;
    this.alias = alias;
    this.#stem = channelStem(alias, channel);
  }

  get chunks(): Written[] {
    return this.#segments.flatMap(({ chunks }) => chunks);
  }

  /** What a version without indexes has left. */
  legacy(time: number, text: string): void {
    const day = dayOf(time);
    if (this.#segments.length > 0) return;
    const name = { stem: this.#stem, day, number: null, compressed: false };
    const bytes = Buffer.from(text);
    writeFileSync(segmentPath(this.#directory, name), bytes);
    const chunks = [{ time: null, stream: null, run: null, bytes, day }];
    this.all.push(...chunks);
    this.#segments.push({ name, number: 0, base: 0, chunks, size: bytes.length, covered: bytes.length });
    this.rotate();
  }

  write(time: number, stream: Stream, run: string | null, text: string): void {
    const segment = this.#current(time);
    const bytes = Buffer.from(text);
    this.#append(segment, { time, stream, run, bytes, day: segment.name.day });
    this.#note(segment, bytes.length, time, stream, run);
  }

  /** The service was killed before it wrote the record. */
  killed(time: number, text: string): void {
    const segment = this.#current(time);
    const bytes = Buffer.from(text);
    this.#append(segment, { time, stream: null, run: null, bytes, day: segment.name.day });
    utimesSync(segmentPath(this.#directory, segment.name), time / 1000, time / 1000);
  }

  rotate(): void {
    const last = this.#segments.at(-1);
    if (last === undefined || last.name.number !== null || last.name.compressed) return;
    this.#cover(last);
    const name = { ...last.name, number: Math.max(1, last.number) };
    renameSync(segmentPath(this.#directory, last.name), segmentPath(this.#directory, name));
    if (existsSync(indexPath(this.#directory, last.name))) {
      renameSync(indexPath(this.#directory, last.name), indexPath(this.#directory, name));
    }
    last.name = name;
  }

  /** Compresses one of the closed segments. */
  compress(which: number): void {
    const closed = this.#segments.filter(({ name }, i) => {
      return !name.compressed && (name.number !== null || i < this.#segments.length - 1);
    });
    const segment = closed[which % Math.max(1, closed.length)];
    if (segment === undefined) return;
    const raw = segmentPath(this.#directory, segment.name);
    const bytes = readFileSync(raw);
    const frames: Buffer[] = [];
    const table = [];
    for (let at = 0; at < bytes.length; at += FRAME_BYTES) {
      const part = bytes.subarray(at, at + FRAME_BYTES);
      const frame = Bun.zstdCompressSync(part);
      frames.push(frame);
      table.push({ compressed: frame.length, decompressed: part.length });
    }
    segment.name = { ...segment.name, compressed: true };
    writeFileSync(
      segmentPath(this.#directory, segment.name),
      Buffer.concat([...frames, encodeSeekTable(table)]),
    );
    rmSync(raw);
  }

  removeOldest(): void {
    if (this.#segments.length < 2) return;
    const [oldest] = this.#segments.splice(0, 1);
    if (oldest === undefined) return;
    rmSync(segmentPath(this.#directory, oldest.name));
    rmSync(indexPath(this.#directory, oldest.name), { force: true });
  }

  #current(time: number): ModelSegment {
    const day = dayOf(time);
    const last = this.#segments.at(-1);
    if (last !== undefined && last.name.day === day && last.name.number === null && !last.name.compressed) {
      this.#cover(last);
      return last;
    }
    if (last !== undefined && last.name.number === null) this.#cover(last);
    const before = last?.name.day === day ? last : undefined;
    const segment: ModelSegment = {
      name: { stem: this.#stem, day, number: null, compressed: false },
      number: Math.max(1, (before?.number ?? 0) + 1),
      base: (before?.base ?? 0) + (before?.size ?? 0),
      chunks: [],
      size: 0,
      covered: 0,
    };
    if (before !== undefined && before.number === 0) Object.assign(segment, { number: 2 });
    const { number, base } = segment;
    writeFileSync(
      indexPath(this.#directory, segment.name),
      encodeHeader({ format: "raw", number, base, made: time }),
    );
    this.#segments.push(segment);
    return segment;
  }

  #append(segment: ModelSegment, written: Written): void {
    appendFileSync(segmentPath(this.#directory, segment.name), written.bytes);
    segment.size += written.bytes.length;
    segment.chunks.push(written);
    this.all.push(written);
  }

  /** What a killed service has left gets its record where the segment is opened next. */
  #cover(segment: ModelSegment): void {
    if (segment.covered === segment.size || segment.number === 0) return;
    const time = Math.floor(statSync(segmentPath(this.#directory, segment.name)).mtimeMs);
    this.#note(segment, segment.size - segment.covered, time, null, null);
  }

  #note(segment: ModelSegment, length: number, time: number, stream: Stream, run: string | null): void {
    const record = Buffer.alloc(INDEX_BYTES);
    encodeRecord(record, 0, segment.covered, length, time, stream, encodeRun(run));
    appendFileSync(indexPath(this.#directory, segment.name), record);
    segment.covered += length;
  }
}

interface ModelLine extends OutputLine {
  readonly key: number;
  readonly began: number;
  readonly isEnd: boolean;
  readonly day: string;
}

/** The answer to a query, by going through all that was written, byte by byte. */
export function expected(logs: readonly ModelLog[], query: OutputQuery, lineBytes: number): OutputLine[] {
  const sources = logs.map((log) => linesOf(log, query, lineBytes));
  const merged: OutputLine[] = [];
  for (;;) {
    const heads = sources.filter((lines) => lines.length > 0);
    if (heads.length === 0) break;
    const first = heads.reduce((a, b) => ((b[0]?.key ?? 0) < (a[0]?.key ?? 0) ? b : a));
    const line = first.shift();
    if (line === undefined) break;
    const { alias, time, stream, run, bytes } = line;
    merged.push({ alias, time, stream, run, bytes });
  }
  const tail = query.tail === null ? merged : query.tail === 0 ? [] : merged.slice(-query.tail);
  return query.limit === null ? tail : tail.slice(0, query.limit);
}

function linesOf({ alias, chunks }: ModelLog, query: OutputQuery, lineBytes: number): ModelLine[] {
  const lines: ModelLine[] = [];
  const open = new Map<string, { bytes: number[]; chunk: Written; began: number }>();
  let key = Number.NEGATIVE_INFINITY;
  let newestKey = key;
  let count = 0;
  const emit = (name: string, isEnd: boolean, at: number) => {
    const line = open.get(name);
    open.delete(name);
    if (line === undefined) return;
    const { time, stream, run, day } = line.chunk;
    lines.push({
      alias,
      time,
      stream,
      run,
      day,
      bytes: Buffer.from(line.bytes),
      key: at,
      began: line.began,
      isEnd,
    });
  };
  for (const chunk of chunks) {
    key = Math.max(key, chunk.time ?? Date.parse(chunk.day));
    const isInside = query.until === null || key < query.until;
    if (isInside) newestKey = key;
    for (const [name, line] of open) {
      const { run } = line.chunk;
      if (run !== null && chunk.run !== null && run < chunk.run) emit(name, !isInside, key);
    }
    const name = `${chunk.run} ${chunk.stream}`;
    for (const byte of chunk.bytes) {
      const line = open.get(name) ?? { bytes: [], chunk, began: count++ };
      open.set(name, { ...line, chunk });
      line.bytes.push(byte);
      if (byte === 10 || line.bytes.length === lineBytes) emit(name, false, key);
    }
  }
  for (const name of [...open.keys()]) emit(name, true, key);
  const inOrder = [
    ...lines.filter((line) => !line.isEnd),
    ...lines.filter((line) => line.isEnd).sort((a, b) => a.began - b.began),
  ];
  return inOrder
    .map((line) => (line.isEnd ? { ...line, key: newestKey } : line))
    .filter((line) => isAskedFor(line, query));
}

function isAskedFor({ time, day, stream, run, bytes }: ModelLine, query: OutputQuery): boolean {
  if (query.stream !== null && stream !== query.stream) return false;
  if (query.run !== null && run !== query.run) return false;
  if (query.since !== null && (time ?? Date.parse(day) + DAY_MS - 1) < query.since) return false;
  if (query.until !== null && (time ?? Date.parse(day)) >= query.until) return false;
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(
    bytes.at(-1) === 10 ? bytes.subarray(0, -1) : bytes,
  );
  return query.grep === null || query.grep.test(text);
}
