/**
 * Makes lines of the chunks of a row. A line belongs to one run and stream; what two of them write at the same time does
 * not mix. A line is done where its newline is read. A line that was never finished is done where a newer run begins to
 * write (ids of runs grow), or at the end.
 */
import type { Block } from "./block.ts";
import { NEWLINE } from "./block.ts";
import type { Stretch } from "./walk.ts";

interface Open {
  readonly author: Author;
  parts: Uint8Array[];
  length: number;
  /** Of the last chunk. */
  time: number | null;
  readonly segment: number;
  readonly offset: number;
}

export type Author = Pick<Stretch, "stream" | "run">;
export type Line = Omit<Block, "source" | "key">;

export class Assembler {
  readonly #lineBytes: number;
  readonly #open = new Map<string, Open>();

  constructor(lineBytes: number) {
    this.#lineBytes = lineBytes;
  }

  /** The authors of lines that have begun and have no end yet. */
  get open(): Author[] {
    return [...this.#open.values()].map(({ author }) => author);
  }

  /** What is done by a chunk, before its own bytes are looked at. */
  before({ run }: Author): Line[] {
    return this.#open.size === 0 ? [] : this.end((author) => isOlder(author, run));
  }

  push(stretch: Stretch, bytes: Uint8Array): Line[] {
    const lines: Line[] = [];
    const name = nameOf(stretch);
    let from = 0;
    const open = this.#open.get(name);
    if (open !== undefined) {
      from = this.#goOn(name, open, stretch, bytes, lines);
      if (from === bytes.length) return lines;
    }
    const end = bytes.lastIndexOf(NEWLINE) + 1;
    if (end > from) lines.push(lineOf(stretch, bytes.subarray(from, end), from));
    if (end < bytes.length) this.#begin(name, stretch, bytes, Math.max(from, end), lines);
    return lines;
  }

  /** Gives out what is open of these authors, as lines that were never finished. */
  end(which: (author: Author) => boolean = () => true): Line[] {
    const lines: Line[] = [];
    for (const [name, open] of this.#open) {
      if (!which(open.author)) continue;
      this.#open.delete(name);
      lines.push(finished(open, true));
    }
    return lines;
  }

  /** Forgets what is open of an author. */
  forget(which: (author: Author) => boolean): void {
    for (const [name, { author }] of this.#open) if (which(author)) this.#open.delete(name);
  }

  /** Adds to a line that has begun; returns how much of `bytes` that took. */
  #goOn(name: string, open: Open, stretch: Stretch, bytes: Uint8Array, lines: Line[]): number {
    const newline = bytes.indexOf(NEWLINE);
    const end = Math.min(newline === -1 ? bytes.length : newline + 1, this.#lineBytes - open.length);
    open.parts.push(bytes.subarray(0, end));
    open.length += end;
    open.time = stretch.time;
    if (end === newline + 1 || open.length === this.#lineBytes) {
      this.#open.delete(name);
      lines.push(finished(open, false));
    } else if (open.parts.length > MANY_PARTS) {
      open.parts = [Buffer.concat(open.parts)];
    }
    return end;
  }

  #begin(name: string, stretch: Stretch, bytes: Uint8Array, from: number, lines: Line[]): void {
    let at = from;
    for (; bytes.length - at >= this.#lineBytes; at += this.#lineBytes) {
      lines.push(lineOf(stretch, bytes.subarray(at, at + this.#lineBytes), at));
    }
    if (at === bytes.length) return;
    const { stream, run, time, segment, offset } = stretch;
    // a copy: what has begun shall not keep the whole of what was read
    const parts = [bytes.slice(at)];
    const length = bytes.length - at;
    this.#open.set(name, { author: { stream, run }, parts, length, time, segment, offset: offset + at });
  }
}

const MANY_PARTS = 64;

/** True if a chunk of `run` ends what is open of an author. */
export function isOlder(author: Author, run: Author["run"]): boolean {
  return run !== null && author.run !== null && author.run < run;
}

function nameOf({ run, stream }: Author): string {
  return `${run ?? ""} ${stream ?? ""}`;
}

function lineOf({ time, stream, run, segment, offset }: Stretch, bytes: Uint8Array, at: number): Line {
  return { time, stream, run, segment, offset: offset + at, bytes, unfinished: false };
}

function finished({ author, parts, time, segment, offset }: Open, unfinished: boolean): Line {
  const bytes = parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
  return { ...author, time, segment, offset, bytes, unfinished };
}
