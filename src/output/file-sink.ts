/** Writes to the segments from JavaScript: for capture where nothing can be spliced. */
import type { LogPolicy, OutputKeeper } from "../domain/output.ts";
import type { RunId } from "../domain/run.ts";
import type { CaptureOptions } from "./capture.ts";
import type { CompressJob } from "./compression.ts";
import { Compressor } from "./compressor.ts";
import { Growth } from "./growth.ts";
import { LineFormatter } from "./line-format.ts";
import { notRemoved, reasonOf } from "./loss.ts";
import { Segments, type Source } from "./segments.ts";

/** How often it is looked whether a new day has begun, if nobody writes. */
const LOOK_MS = 600_000;

interface Stream {
  readonly source: Source;
  formatter: LineFormatter | null;
}

export class FileSink implements Omit<OutputKeeper, "clear"> {
  readonly growth = new Growth();
  readonly #segments: Segments;
  readonly #options: CaptureOptions;
  readonly #compressor: Compressor;
  readonly #streams = new Set<Stream>();
  readonly #look = setInterval(() => this.#settle(), LOOK_MS);

  constructor(options: CaptureOptions) {
    const { logDir, defaults, allTasksBytes } = options;
    this.#options = options;
    this.#segments = new Segments({ directory: logDir, defaults, allTasksBytes, now: Date.now() });
    this.#compressor = new Compressor(options.compressThread, (job, bytes) => this.#compressed(job, bytes));
    this.#look.unref();
  }

  setPolicy(task: string, policy: LogPolicy | null): void {
    this.#segments.setPolicy(task, policy);
    this.#settle();
  }

  /** Every policy has been told. */
  complete(): void {
    this.#segments.complete();
    this.#settle();
  }

  /** Throws `conflict` if something of it could not be removed. */
  clear(aliases: readonly string[]): void {
    let problem: string | null = null;
    for (const alias of aliases)
      try {
        this.#segments.clear(alias);
      } catch (error) {
        problem = reasonOf(error);
      }
    if (problem !== null) throw notRemoved(problem);
  }

  /** Writes what a stream brings until it ends. */
  async drain(
    alias: string,
    run: RunId,
    name: "stdout" | "stderr",
    bytes: ReadableStream<Uint8Array>,
    resumed = false,
  ): Promise<void> {
    const stream: Stream = { source: this.#segments.add(alias, name, run, resumed), formatter: null };
    this.#streams.add(stream);
    try {
      for await (const chunk of bytes)
        this.#write(stream, Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length));
    } finally {
      this.#endLine(stream);
      this.#streams.delete(stream);
      this.#segments.remove(stream.source);
      this.#settle();
    }
  }

  note(alias: string, text: string): void {
    this.#segments.turn(Date.now());
    try {
      this.#segments.note(alias, text);
    } catch (error) {
      this.#options.reportLoss(alias, Buffer.byteLength(text) + 1, reasonOf(error));
    }
    this.#settle();
    this.growth.tell(alias);
  }

  close(): void {
    clearInterval(this.#look);
    this.#compressor.close();
    for (const stream of this.#streams) this.#endLine(stream);
    this.#segments.close();
  }

  #write(stream: Stream, bytes: Buffer): void {
    const { source } = stream;
    const now = Date.now();
    this.#segments.turn(now);
    const { format } = this.#segments.policyOf(source);
    if (format === "raw") {
      this.#endLine(stream);
      this.#writeRaw(source, bytes);
    } else {
      stream.formatter ??= new LineFormatter();
      this.#writeLines(source, stream.formatter.lines(format, bytes, source.stream, now));
    }
    this.#settle();
    this.growth.tell(source.alias);
  }

  #writeRaw(source: Source, bytes: Buffer): void {
    let kept = 0;
    try {
      this.#segments.write(source, bytes, (count) => (kept += count));
    } catch (error) {
      this.#lose(source, bytes.length - kept, reasonOf(error));
    }
  }

  #writeLines(source: Source, lines: Iterable<Buffer>): void {
    for (const line of lines)
      try {
        this.#segments.writeWhole(source, line);
      } catch (error) {
        this.#lose(source, line.length, reasonOf(error));
      }
  }

  #endLine(stream: Stream): void {
    const { formatter, source } = stream;
    if (formatter === null) return;
    stream.formatter = null;
    const { format } = this.#segments.policyOf(source);
    this.#writeLines(
      source,
      formatter.end(format === "raw" ? "timestamped" : format, source.stream, Date.now()),
    );
  }

  #lose(source: Source, bytes: number, reason: string): void {
    this.#segments.lose(source, bytes, reason);
    this.#options.reportLoss(source.alias, bytes, reason);
  }

  /** After each piece of work: the indexes are written, and work is handed out. */
  #settle(): void {
    this.#segments.turn(Date.now());
    this.#segments.flush();
    const job = this.#segments.compression.next();
    if (job !== null) this.#compressor.run(job);
  }

  #compressed(job: CompressJob, bytes: number | null): void {
    this.#segments.compression.done(job, bytes);
    this.#compressor.run(this.#segments.compression.next());
  }
}
