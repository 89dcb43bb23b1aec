/**
 * Where captured bytes go, for every way of capture: which file, how much it takes, what the index notes, what is removed.
 * Moving the bytes is the business of the way.
 */
import { ftruncateSync, writeSync } from "node:fs";
import type { LogPolicy, OutputStream } from "../domain/output.ts";
import type { RunId } from "../domain/run.ts";
import { Compression } from "./compression.ts";
import { dayOf } from "./files.ts";
import { NO_RUN } from "./index-file.ts";
import { encodeRun } from "./index-format.ts";
import { Inventory, type Loss, type Row, type Share, type Writer } from "./inventory.ts";
import { linesOf } from "./line-format.ts";
import { lineOfLoss } from "./loss.ts";
import { OpenSegments } from "./open-segments.ts";
import { Retention } from "./retention.ts";
import type { Segment } from "./segment.ts";
import { channelStem } from "./segment-name.ts";

/** A disk that takes nothing is not tried for each byte. */
const RETRY_MS = 200;

export interface SegmentsOptions {
  readonly directory: string;
  readonly defaults: LogPolicy;
  /** How much all tasks together may keep; 0 for no limit. */
  readonly allTasksBytes: number;
  /** Unix ms. */
  readonly now: number;
  /** The size of an open file; where its descriptor is written through, this also goes to its end. */
  readonly measure?: (fd: number) => number;
}

/** Somebody whose bytes are kept: a stream of a run, or the service with a line of its own. */
export interface Source extends Writer {
  readonly alias: string;
  readonly stream: OutputStream;
  readonly share: Share;
  row: Row;
}

export class Segments {
  readonly compression: Compression;
  readonly #inventory: Inventory;
  readonly #retention: Retention;
  readonly #open: OpenSegments;
  #now: number;

  constructor({ directory, defaults, allTasksBytes, now, measure }: SegmentsOptions) {
    this.#now = now;
    const inventory = new Inventory(directory, dayOf(now));
    const retention = new Retention({
      inventory,
      defaults,
      allTasksBytes,
      removeCurrent: (row) => this.#open.remove(row),
    });
    this.#inventory = inventory;
    this.#retention = retention;
    this.#open = new OpenSegments({
      inventory,
      policyOf: ({ share }) => retention.policy(share),
      capOf: ({ share }) => retention.capOf(share),
      onClosed: (row) => {
        retention.trimFiles(row);
        this.compression.look();
      },
      measure: measure ?? null,
      now,
    });
    this.compression = new Compression(inventory, (share) => retention.policy(share).compress);
  }

  /** To be called with the time before each use. */
  turn(now: number): void {
    this.#now = now;
    if (!this.#open.turn(now)) return;
    this.#retention.sweep(now);
    this.compression.again();
  }

  /** `null` for a task that is no more. */
  setPolicy(task: string, policy: LogPolicy | null): void {
    const share = this.#inventory.share(task);
    share.policy = policy;
    this.#inventory.learn(share);
    for (const row of [...share.rows]) {
      if (policy === null) row.lost = null;
      for (const writer of [...row.writers]) if (isSource(writer)) this.#place(writer);
    }
    this.#retention.sweepShare(share, this.#now);
    this.compression.look();
    this.#inventory.releaseShare(share);
  }

  /**
   * Every policy has been told, and every stream that survived: what belongs to no task is kept by the defaults from now on,
   * and what nobody goes on with is closed as it is.
   */
  complete(): void {
    this.#open.coverTails();
    this.#retention.complete(this.#now);
  }

  policyOf({ share }: Source): LogPolicy {
    return this.#retention.policy(share);
  }

  /** Somebody begins to write. `resumed` for a stream that survived an earlier service. */
  add(alias: string, stream: OutputStream, run: RunId | null, resumed = false): Source {
    const share = this.#inventory.share(alias.replace(/:\d+$/, ""));
    this.#inventory.learn(share);
    const row = this.#rowOf(alias, stream, share);
    const source: Source = {
      alias,
      stream,
      share,
      row,
      resumed,
      run: run === null ? NO_RUN : encodeRun(run),
    };
    row.writers.add(source);
    return source;
  }

  /** Nothing more comes of it. */
  remove(source: Source): void {
    const { row } = source;
    row.writers.delete(source);
    if (row.writers.size > 0) return;
    this.#open.close(row);
    this.#inventory.release(row);
  }

  /** The segment for the next bytes: with room for so many, or empty. Throws what the disk says. */
  ready(source: Source, bytes = 1): Segment {
    const { row } = source;
    if (row.lost !== null) this.#noteLoss(row, row.lost);
    return this.#open.roomFor(row, bytes);
  }

  /** How many bytes the segment still takes. */
  room({ share }: Source, segment: Segment): number {
    return this.#retention.capOf(share) - segment.size;
  }

  /** So many bytes of the source were put at the end of the segment. */
  wrote({ row, stream, run, share }: Source, segment: Segment, bytes: number): void {
    this.#open.wrote(row, segment, bytes, stream, run);
    this.#retention.trim(share);
  }

  /** Puts bytes at the end, over as many segments as it takes. Throws what the disk says, after telling what was kept. */
  write(source: Source, bytes: Uint8Array, kept: (bytes: number) => void = () => undefined): void {
    for (let at = 0; at < bytes.length;) {
      const segment = this.ready(source);
      const part = Math.min(this.room(source, segment), bytes.length - at);
      const count = writeSync(segment.fd, bytes, at, part, segment.size);
      this.wrote(source, segment, count);
      kept(count);
      at += count;
    }
  }

  /** Puts a line at the end of one segment, all of it or nothing, unless it is larger than a segment. */
  writeWhole(source: Source, bytes: Uint8Array): void {
    const segment = this.ready(source, bytes.length);
    if (bytes.length > this.room(source, segment)) return this.write(source, bytes);
    writeAll(segment, bytes);
    this.wrote(source, segment, bytes.length);
  }

  /** A line of the service's own, in the format of the file. */
  note(alias: string, text: string): void {
    const source = this.add(alias, "meproc", null);
    try {
      for (const line of linesOf(this.policyOf(source).format, `${text}\n`, "meproc", this.#now))
        this.writeWhole(source, line);
    } finally {
      this.remove(source);
    }
  }

  /** These bytes were not kept; a line in their place says so as soon as the disk takes one. */
  lose({ row }: Source, bytes: number, reason: string): void {
    const retryAt =
      row.lost !== null && row.lost.retryAt > this.#now ? row.lost.retryAt : this.#now + RETRY_MS;
    row.lost = { bytes: (row.lost?.bytes ?? 0) + bytes, reason, retryAt };
  }

  /** The indexes tell of everything that was written. */
  flush(): void {
    this.#open.flush();
  }

  /** Removes all that was captured of an alias. */
  clear(alias: string): void {
    for (const channel of ["all", "err"] as const) {
      const row = this.#inventory.rows.get(channelStem(alias, channel));
      if (row === undefined) continue;
      row.lost = null;
      for (const kept of [...row.closed]) this.#inventory.remove(row, kept);
      this.#open.remove(row);
      this.#inventory.release(row);
    }
  }

  close(): void {
    this.#open.closeAll();
  }

  #noteLoss(row: Row, { bytes, reason, retryAt }: Loss): void {
    if (this.#now < retryAt && this.#now >= retryAt - RETRY_MS) throw new Error(reason);
    const { format } = this.#retention.policy(row.share);
    const text = lineOfLoss(bytes, reason);
    for (const line of linesOf(format, text, "meproc", this.#now)) {
      const segment = this.#open.roomFor(row, line.length);
      writeAll(segment, line);
      this.#open.wrote(row, segment, line.length, "meproc", NO_RUN);
    }
    row.lost = null;
  }

  #rowOf(alias: string, stream: OutputStream, share: Share): Row {
    const separate = stream === "stderr" && this.#retention.policy(share).stderr === "separate";
    return this.#inventory.row(channelStem(alias, separate ? "err" : "all"), share.task);
  }

  /** Where it belongs by the policy of now. */
  #place(source: Source): void {
    const row = this.#rowOf(source.alias, source.stream, source.share);
    if (row === source.row) return;
    this.remove(source);
    source.row = row;
    row.writers.add(source);
  }
}

function isSource(writer: Writer): writer is Source {
  return "row" in writer;
}

/** All of it, or the file as it was. */
function writeAll({ fd, size }: Segment, bytes: Uint8Array): void {
  try {
    for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at, bytes.length - at, size + at);
  } catch (error) {
    ftruncateSync(fd, size);
    throw error;
  }
}
