/**
 * What an alias writes on a day, as one row of bytes over all its segments, also while the service closes one and begins the
 * next. Nothing is removed and nothing compressed while it is read.
 */
import { closeSync, openSync, readSync, readdirSync, statSync } from "node:fs";
import {
  type SegmentName,
  bySegmentOrder,
  parseSegmentName,
  segmentPath,
} from "../../src/output/segment-name.ts";

export class Streams {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** The names of all, `<stem>-<day>`. */
  names(): string[] {
    return [...new Set(this.#segments().map(streamOf))].sort();
  }

  size(stream: string): number {
    return this.#unmoved(stream, (segments) => segments.reduce((sum, { size }) => sum + size, 0));
  }

  /** Reads what lies at `offset`, at most to the end of a segment; 0 at the end of all. */
  read(stream: string, into: Buffer, offset: number): number {
    return this.#unmoved(stream, (segments) => {
      let base = 0;
      for (const { path, size } of segments) {
        if (offset < base + size) return readAt(path, into, offset - base);
        base += size;
      }
      return 0;
    });
  }

  /** Looks until no segment has been closed meanwhile: then each name stood for the same file all along. */
  #unmoved<T>(stream: string, look: (segments: readonly { path: string; size: number }[]) => T): T {
    for (;;) {
      const names = this.#of(stream);
      try {
        const result = look(names.map((path) => ({ path, size: statSync(path).size })));
        if (Bun.deepEquals(names, this.#of(stream))) return result;
      } catch (error) {
        if (Bun.deepEquals(names, this.#of(stream))) throw error;
      }
    }
  }

  #of(stream: string): string[] {
    return this.#segments()
      .filter((name) => streamOf(name) === stream)
      .sort(bySegmentOrder)
      .map((name) => segmentPath(this.#directory, name));
  }

  #segments(): SegmentName[] {
    return readdirSync(this.#directory)
      .filter((file) => !file.startsWith("Meproc-"))
      .flatMap((file) => parseSegmentName(file) ?? []);
  }
}

function streamOf({ stem, day }: SegmentName): string {
  return `${stem}-${day}`;
}

function readAt(path: string, into: Buffer, position: number): number {
  const fd = openSync(path, "r");
  try {
    return readSync(fd, into, 0, into.length, position);
  } finally {
    closeSync(fd);
  }
}
