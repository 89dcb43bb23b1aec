/** Reads captured output back from the daily files. What is still on its way is taken first. */
import { open, readdir } from "node:fs/promises";
import type { OutputChunk, OutputPage, OutputReader } from "../domain/ports.ts";
import type { Position } from "../domain/position.ts";
import { codeOf } from "../platform/system-errors.ts";
import type { Capture } from "./capture.ts";
import { type Day, dailyFile, dayOf, dayOfFile } from "./files.ts";

/** How much a follower gets at a time, and how far it may fall behind before it is moved on. */
const CHUNK_BYTES = 256 << 10;
const MAX_BEHIND_BYTES = 4 << 20;
const NEWLINE = 10;

export class FileReader implements OutputReader {
  readonly #directory: string;
  readonly #capture: Capture;
  readonly #wall: () => number;

  constructor(directory: string, capture: Capture, wall: () => number = Date.now) {
    this.#directory = directory;
    this.#capture = capture;
    this.#wall = wall;
  }

  async today(alias: string, limit: number): Promise<Uint8Array> {
    await this.#capture.sync();
    const day = dayOf(this.#wall());
    const size = await this.#size(alias, day);
    return this.#read(alias, day, Math.max(0, size - limit), size);
  }

  async page(alias: string, before: Position | null, limit: number): Promise<OutputPage> {
    await this.#capture.sync();
    const days = await this.#days(alias);
    const end = before === null ? null : parsePosition(before);
    const day = this.#dayBefore(days, end);
    if (day === null) {
      const here = before ?? format(dayOf(this.#wall()), 0);
      return { bytes: new Uint8Array(), from: here, to: here, more: false };
    }
    const size = await this.#size(alias, day);
    const to = end?.day === day ? Math.min(end.offset, size) : size;
    const bytes = await this.#read(alias, day, Math.max(0, to - limit), to);
    const cut = to > limit ? afterFirstLine(bytes) : 0;
    const from = to - bytes.length + cut;
    const more = from > 0 || days.some((each) => each < day);
    return { bytes: bytes.subarray(cut), from: format(day, from), to: format(day, to), more };
  }

  async *follow(alias: string, after: Position | null, signal: AbortSignal): AsyncGenerator<OutputChunk> {
    let at = after === null ? await this.#newest(alias) : parsePosition(after);
    while (!signal.aborted) {
      const growth = this.#growth(alias, signal);
      const chunk = await this.#next(alias, at);
      if (chunk === null) {
        await growth.happened;
        continue;
      }
      growth.cancel();
      at = parsePosition(chunk.to);
      if (chunk.bytes.length > 0) yield chunk;
    }
  }

  /** What comes after a place, on the same day or else on the next day that has any; `null` if nothing does. */
  async #next(alias: string, at: Place): Promise<OutputChunk | null> {
    const size = await this.#size(alias, at.day);
    // somebody has emptied the file: it goes on from its start
    if (size < at.offset) return { bytes: new Uint8Array(), to: format(at.day, 0), missed_bytes: 0 };
    if (size > at.offset) return this.#chunk(alias, at, size);
    const later = (await this.#days(alias)).find((day) => day > at.day);
    return later === undefined ? null : { bytes: new Uint8Array(), to: format(later, 0), missed_bytes: 0 };
  }

  async #chunk(alias: string, at: Place, size: number): Promise<OutputChunk> {
    const behind = size - at.offset;
    const missed_bytes = behind > MAX_BEHIND_BYTES ? behind - CHUNK_BYTES : 0;
    const from = at.offset + missed_bytes;
    const bytes = await this.#read(alias, at.day, from, Math.min(size, from + CHUNK_BYTES));
    return { bytes, to: format(at.day, from + bytes.length), missed_bytes };
  }

  #growth(alias: string, signal: AbortSignal) {
    const { promise, resolve } = Promise.withResolvers<void>();
    const stop = this.#capture.onGrowth(alias, resolve);
    const cancel = () => {
      stop();
      signal.removeEventListener("abort", cancel);
      resolve();
    };
    signal.addEventListener("abort", cancel);
    void promise.then(() => signal.removeEventListener("abort", cancel));
    return { happened: promise, cancel };
  }

  async #newest(alias: string): Promise<Place> {
    const day = dayOf(this.#wall());
    return { day, offset: await this.#size(alias, day) };
  }

  /** The day in which a page that ends at `end` lies: that day, or the newest before it with any output. */
  #dayBefore(days: readonly Day[], end: Place | null): Day | null {
    if (end === null) return days.at(-1) ?? null;
    if (end.offset > 0) return days.includes(end.day) ? end.day : null;
    return days.findLast((day) => day < end.day) ?? null;
  }

  /** The days of which there is a file, the oldest first. */
  async #days(alias: string): Promise<Day[]> {
    const names = await readdir(this.#directory);
    return names
      .map((name) => dayOfFile(name, alias))
      .filter((day) => day !== null)
      .sort();
  }

  async #size(alias: string, day: Day): Promise<number> {
    const file = Bun.file(dailyFile(this.#directory, alias, day));
    try {
      return (await file.stat()).size;
    } catch (error) {
      if (codeOf(error) === "ENOENT") return 0;
      throw error;
    }
  }

  async #read(alias: string, day: Day, from: number, to: number): Promise<Uint8Array> {
    if (to <= from) return new Uint8Array();
    const file = await open(dailyFile(this.#directory, alias, day), "r");
    try {
      const buffer = new Uint8Array(to - from);
      const { bytesRead } = await file.read(buffer, 0, buffer.length, from);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  }
}

interface Place {
  readonly day: Day;
  readonly offset: number;
}

function format(day: Day, offset: number): Position {
  return `${day}:${offset}`;
}

function parsePosition(position: Position): Place {
  const colon = position.lastIndexOf(":");
  return { day: position.slice(0, colon), offset: Number(position.slice(colon + 1)) };
}

function afterFirstLine(bytes: Uint8Array): number {
  const newline = bytes.indexOf(NEWLINE);
  return newline === -1 || newline === bytes.length - 1 ? 0 : newline + 1;
}
