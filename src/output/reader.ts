/**
 * Reads captured output back from its segments, also while they are being written, filled, compressed and removed. What
 * is still on its way is taken first. What reading needs lies in `reading/`.
 */
import type {
  FollowFrom,
  OutputArchive,
  OutputFile,
  OutputLine,
  OutputPiece,
  OutputQuery,
} from "../domain/output.ts";
import type { OutputPage, OutputReader, StartHelper } from "../domain/ports.ts";
import type { Position } from "../domain/position.ts";
import type { Capture } from "./capture.ts";
import { dayOf } from "./files.ts";
import { placesOf, tailPlaces } from "./reading/begin.ts";
import { type Block, NEWLINE, linesOf } from "./reading/block.ts";
import { listFiles, pathOf } from "./reading/file-list.ts";
import { follow } from "./reading/follow.ts";
import { Grep } from "./reading/grep.ts";
import { LIMITS, type Limits, batchFor } from "./reading/limits.ts";
import { newestOf, pageOf } from "./reading/pages.ts";
import { type QueryOptions, openRows, runQuery } from "./reading/run-query.ts";
import { Seats } from "./reading/seats.ts";
import { isRaw, wholeRow } from "./reading/whole.ts";

const GREP_TIMEOUT_MS = 10_000;
const GREP_PATIENCE_MS = 30_000;
/** So many followers read at a time. */
const SEATS = 8;

export interface FileReaderOptions {
  readonly directory: string;
  readonly capture: Pick<Capture, "sync" | "onGrowth">;
  /** Starts the process that searches. */
  readonly startGrep: StartHelper;
  readonly wall?: () => number;
  readonly limits?: Limits;
  readonly grepTimeoutMs?: number;
  readonly grepPatienceMs?: number;
}

export class FileReader implements OutputReader, OutputArchive {
  readonly #directory: string;
  readonly #capture: FileReaderOptions["capture"];
  readonly #wall: () => number;
  readonly #limits: Limits;
  readonly #grep: Grep;
  readonly #seats = new Seats(SEATS);

  constructor(options: FileReaderOptions) {
    const { directory, capture, startGrep, wall, limits, grepTimeoutMs, grepPatienceMs } = options;
    this.#directory = directory;
    this.#capture = capture;
    this.#wall = wall ?? Date.now;
    this.#limits = limits ?? LIMITS;
    this.#grep = new Grep({
      directory,
      limits: this.#limits,
      start: startGrep,
      timeoutMs: grepTimeoutMs ?? GREP_TIMEOUT_MS,
      patienceMs: grepPatienceMs ?? GREP_PATIENCE_MS,
    });
  }

  async today(alias: string, limit: number): Promise<Uint8Array> {
    await this.#capture.sync();
    return newestOf(this.#directory, alias, this.#today(), limit);
  }

  async page(alias: string, before: Position | null, limit: number): Promise<OutputPage> {
    await this.#capture.sync();
    return pageOf(this.#directory, alias, before, limit, this.#wall());
  }

  async *lines(query: OutputQuery, signal: AbortSignal): AsyncGenerator<readonly OutputLine[]> {
    await this.#capture.sync();
    if (query.grep !== null) return yield* this.#grep.search(query, query.grep, signal);
    for await (const blocks of runQuery(query, this.#options(signal))) {
      yield blocks.flatMap((block) => linesOf(block, this.#limits.lineBytes));
    }
  }

  async *bytes(query: OutputQuery, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    await this.#capture.sync();
    if (query.grep !== null) return yield* joined(this.#grep.search(query, query.grep, signal));
    if (isEverything(query)) {
      const rows = await openRows(query.aliases, this.#options(signal));
      const [row] = rows;
      try {
        if (row === undefined) return;
        if (rows.length === 1 && (await isRaw(row))) {
          return yield* wholeRow(row, batchFor(this.#limits, 1), signal);
        }
      } finally {
        await Promise.all(rows.map((each) => each.close()));
      }
    }
    yield* joined(runQuery(query, this.#options(signal)));
  }

  async *pieces(
    query: Pick<OutputQuery, "aliases" | "stream" | "run">,
    from: FollowFrom,
    signal: AbortSignal,
  ): AsyncGenerator<OutputPiece> {
    await this.#capture.sync();
    const places =
      "after" in from
        ? placesOf(from.after, query.aliases.length, this.#today())
        : await tailPlaces(query, from.tail, this.#wall(), this.#options(signal));
    const options = {
      directory: this.#directory,
      limits: this.#limits,
      wall: this.#wall,
      sync: () => this.#capture.sync(),
      onGrowth: (alias: string, callback: () => void) => this.#capture.onGrowth(alias, callback),
      seats: this.#seats,
    };
    yield* follow(query, places, options, signal);
  }

  files(aliases: readonly string[]): Promise<OutputFile[]> {
    return listFiles(this.#directory, aliases, this.#today());
  }

  filePath(aliases: readonly string[], name: string): Promise<string | null> {
    return pathOf(this.#directory, aliases, name);
  }

  #today(): string {
    return dayOf(this.#wall());
  }

  #options(signal: AbortSignal): QueryOptions {
    const sync = () => this.#capture.sync();
    return { directory: this.#directory, limits: this.#limits, sync, signal, sieve: null };
  }
}

function isEverything({ aliases, stream, run, since, until, tail, limit }: OutputQuery): boolean {
  return aliases.length === 1 && [stream, run, since, until, tail, limit].every((each) => each === null);
}

/** A line that was never finished does not run into the next one. */
async function* joined(
  batches: AsyncIterable<readonly Pick<Block, "bytes" | "unfinished">[]>,
): AsyncGenerator<Uint8Array> {
  let isOpen = false;
  for await (const blocks of batches) {
    const parts: Uint8Array[] = [];
    for (const { bytes, unfinished } of blocks) {
      if (isOpen) parts.push(new Uint8Array([NEWLINE]));
      parts.push(bytes);
      isOpen = unfinished;
    }
    yield Buffer.concat(parts);
  }
}
