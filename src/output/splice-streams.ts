/** The streams that the capture thread reads, and how their bytes get into the files. */
import { closeSync, unlinkSync } from "node:fs";
import { ptr } from "bun:ffi";
import { EPOLLIN, type Epoll, MAX_EVENTS } from "../platform/epoll.ts";
import { codeOf } from "../platform/system-errors.ts";
import { FifoSizes } from "./fifo-sizes.ts";
import { LineFormatter } from "./line-format.ts";
import { reasonOf } from "./loss.ts";
import type { Segment } from "./segment.ts";
import type { Segments, Source } from "./segments.ts";
import { ERRNO, type SpliceCalls } from "./splice.ts";
import type { OpenStream } from "./splice-protocol.ts";

/** At most this much of one stream before the others get their turn. */
const TURN_BYTES = 4 << 20;
const FLOOD_BYTES = 64 << 10;

interface Stream {
  readonly id: number;
  readonly fd: number;
  readonly path: string;
  readonly source: Source;
  /** How raw bytes go on: in the kernel, or through a buffer where a file system refuses that. */
  way: "splice" | "copy";
  /** Where the format is not raw: cuts lines. */
  formatter: LineFormatter | null;
}

export interface StreamsOptions {
  readonly segments: Segments;
  readonly epoll: Epoll;
  readonly libc: SpliceCalls;
  readonly now: () => number;
  readonly onGrowth: (alias: string) => void;
  readonly onLoss: (alias: string, bytes: number, reason: string) => void;
  readonly onEnd: (id: number, alias: string) => void;
}

export class Streams {
  readonly #options: StreamsOptions;
  readonly #streams = new Map<number, Stream>();
  readonly #sizes: FifoSizes;
  readonly #buffer = Buffer.allocUnsafe(64 << 10);

  constructor(options: StreamsOptions) {
    this.#options = options;
    this.#sizes = new FifoSizes(options.libc.setPipeSize);
  }

  open({ id, fd, alias, run, stream, path }: OpenStream, resumed: boolean): void {
    const { segments, epoll } = this.#options;
    const source = segments.add(alias, stream, run, resumed);
    this.#streams.set(fd, { id, fd, path, source, way: "splice", formatter: null });
    epoll.add(fd, EPOLLIN);
  }

  writes(alias: string): boolean {
    for (const { source } of this.#streams.values()) if (source.alias === alias) return true;
    return false;
  }

  /** Moves what these descriptors hold, and returns how much that was. */
  drain(ready: readonly number[]): number {
    let moved = 0;
    for (const fd of ready) {
      const stream = this.#streams.get(fd);
      if (stream !== undefined) moved += this.#drain(stream);
    }
    return moved;
  }

  /** Moves what all of them hold now. */
  drainReady(): void {
    for (let left = this.#streams.size; left > 0; left -= MAX_EVENTS) this.drain(this.#options.epoll.poll());
  }

  drainAlias(alias: string): void {
    for (const stream of [...this.#streams.values()]) if (stream.source.alias === alias) this.#drain(stream);
  }

  drainAll(): void {
    this.drain([...this.#streams.keys()]);
  }

  /** Lines that have no end yet are written as they are: nobody will see their end. */
  leave(): void {
    for (const stream of this.#streams.values()) this.#endLine(stream);
  }

  /** At most a turn's worth. */
  #drain(stream: Stream): number {
    const { segments, onGrowth } = this.#options;
    let moved = 0;
    try {
      const { format } = segments.policyOf(stream.source);
      if (format === "raw" && stream.formatter !== null) this.#endLine(stream);
      moved = format === "raw" ? this.#drainRaw(stream) : this.#drainLines(stream, format);
    } catch (error) {
      // its descriptor is somebody else's if it has ended
      if (this.#streams.get(stream.fd) === stream) moved = this.#drop(stream, reasonOf(error));
    }
    if (moved > 0) onGrowth(stream.source.alias);
    return moved;
  }

  #drainRaw(stream: Stream): number {
    const { segments } = this.#options;
    const { fd, source } = stream;
    let segment = segments.ready(source);
    for (let moved = 0, count = FLOOD_BYTES; ;) {
      // somebody may cut the file between two writes; a flood is not looked after so closely
      if (count < FLOOD_BYTES || segment.isClosed || segments.room(source, segment) < 1)
        segment = segments.ready(source);
      count = stream.way === "splice" ? this.#splice(fd, source, segment) : this.#copy(fd, source);
      if (count > 0) moved += count;
      if (count >= FLOOD_BYTES) this.#sizes.enlarge(fd);
      if (count === -ERRNO.EINVAL && stream.way === "splice") stream.way = "copy";
      else if (count <= 0 && count !== -ERRNO.EINTR) return moved + this.#stop(stream, count);
      if (moved >= TURN_BYTES) return moved;
    }
  }

  #splice(fd: number, source: Source, segment: Segment): number {
    const { segments, libc } = this.#options;
    const count = libc.splice(fd, segment.fd, Math.min(TURN_BYTES, segments.room(source, segment)));
    if (count > 0) segments.wrote(source, segment, count);
    return count;
  }

  /** Through a buffer, with the same results as `splice`. */
  #copy(fd: number, source: Source): number {
    const { segments } = this.#options;
    const count = this.#read(fd);
    let kept = 0;
    try {
      if (count > 0) segments.write(source, this.#buffer.subarray(0, count), (bytes) => (kept += bytes));
    } catch (error) {
      this.#lose(source, count - kept, reasonOf(error));
    }
    return count;
  }

  #drainLines(stream: Stream, format: "timestamped" | "json"): number {
    const formatter = stream.formatter ?? new LineFormatter();
    stream.formatter = formatter;
    for (let moved = 0; ;) {
      const count = this.#read(stream.fd);
      if (count <= 0 && count !== -ERRNO.EINTR) return moved + this.#stop(stream, count);
      if (count < 0) continue;
      const bytes = this.#buffer.subarray(0, count);
      this.#writeLines(stream, formatter.lines(format, bytes, stream.source.stream, this.#options.now()));
      moved += count;
      if (moved >= TURN_BYTES) return moved;
    }
  }

  #endLine(stream: Stream): void {
    const { formatter, source } = stream;
    if (formatter === null) return;
    stream.formatter = null;
    const { format } = this.#options.segments.policyOf(source);
    this.#writeLines(
      stream,
      formatter.end(format === "raw" ? "timestamped" : format, source.stream, this.#options.now()),
    );
  }

  #writeLines({ source }: Stream, lines: Iterable<Buffer>): void {
    for (const line of lines)
      try {
        this.#options.segments.writeWhole(source, line);
      } catch (error) {
        this.#lose(source, line.length, reasonOf(error));
      }
  }

  /** Nothing more comes for now, for ever, or because the file takes nothing; returns what was thrown away then. */
  #stop(stream: Stream, result: number): number {
    if (result === 0) this.#end(stream);
    if (result === 0 || result === -ERRNO.EAGAIN) return 0;
    return this.#drop(stream, this.#options.libc.describe(-result));
  }

  /** The file takes nothing: what the stream holds is thrown away and counted, so that the process goes on. */
  #drop(stream: Stream, reason: string): number {
    let dropped = 0;
    while (dropped < TURN_BYTES) {
      const count = this.#read(stream.fd);
      if (count === 0) this.#end(stream);
      if (count <= 0) break;
      dropped += count;
    }
    if (dropped > 0) this.#lose(stream.source, dropped, reason);
    return dropped;
  }

  #lose(source: Source, bytes: number, reason: string): void {
    this.#options.segments.lose(source, bytes, reason);
    this.#options.onLoss(source.alias, bytes, reason);
  }

  #read(fd: number): number {
    return this.#options.libc.read(fd, ptr(this.#buffer), this.#buffer.length);
  }

  /** The last holder of the writing end is gone. */
  #end(stream: Stream): void {
    const { segments, epoll, onEnd } = this.#options;
    if (!this.#streams.delete(stream.fd)) return;
    this.#endLine(stream);
    epoll.remove(stream.fd);
    this.#sizes.forget(stream.fd);
    segments.remove(stream.source);
    closeSync(stream.fd);
    onEnd(stream.id, stream.source.alias);
    removeFifo(stream.path);
  }
}

/** Somebody may have tidied up before us. */
function removeFifo(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
  }
}
