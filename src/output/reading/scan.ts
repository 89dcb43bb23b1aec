/** The lines of a stretch of a row that match, in batches of blocks. */
import type { OutputQuery } from "../../domain/output.ts";
import { Assembler, type Author, type Line, isOlder } from "./assembler.ts";
import { type Block, NEWLINE } from "./block.ts";
import type { Limits } from "./limits.ts";
import { back } from "./locate.ts";
import { type Chunk, type LogRow, type Place, isBefore } from "./log-row.ts";
import { unformat } from "./unformat.ts";
import { type Stretch, walk } from "./walk.ts";

/** Those lines of a block that match, in their order. */
export type Sieve = (block: Block) => readonly Block[];

export interface Wanted extends Pick<OutputQuery, "stream" | "run" | "since" | "until"> {
  readonly sieve: Sieve | null;
}

export interface ScanOptions {
  readonly wanted: Wanted;
  readonly limits: Limits;
  readonly batchBytes: number;
  readonly signal: AbortSignal;
}

/** After the end of what is asked for, so many chunks are looked at to learn whether a line goes on. */
const MAX_LOOK_AHEAD = 65_536;

/** The lines that are done between two places, also those that begin somewhat before. */
export async function* scan(
  row: LogRow,
  from: Place,
  to: Place,
  { wanted, limits, batchBytes, signal }: ScanOptions,
): AsyncGenerator<readonly Block[]> {
  const lines = new Lines(row, wanted, limits);
  const wants = (chunk: Chunk) => isWanted(chunk, wanted);
  const begin = await back(row, from, limits.lookBackBytes, row.start);
  for await (const stretches of walk(row, begin, from, wants, batchBytes, signal))
    await lines.take(stretches);
  for await (const stretches of walk(row, from, to, wants, batchBytes, signal)) {
    const blocks = await lines.take(stretches);
    if (blocks.length > 0) yield blocks;
  }
  if (signal.aborted) return;
  const rest = await lines.finish(to);
  if (rest.length > 0) yield rest;
}

function isWanted(author: Author, { stream, run }: Wanted): boolean {
  return (stream === null || author.stream === stream) && (run === null || author.run === run);
}

class Lines {
  readonly #row: LogRow;
  readonly #wanted: Wanted;
  readonly #assembler: Assembler;
  #segment: number | null = null;
  #key = Number.NEGATIVE_INFINITY;
  /** Of a formatted file: the beginning of a line. */
  #begun: Uint8Array | null = null;

  constructor(row: LogRow, wanted: Wanted, limits: Limits) {
    this.#row = row;
    this.#wanted = wanted;
    this.#assembler = new Assembler(limits.lineBytes);
  }

  async take(stretches: readonly Stretch[]): Promise<Block[]> {
    const blocks: Block[] = [];
    for (const stretch of stretches) {
      if (stretch.segment !== this.#segment) blocks.push(...(await this.#enter(stretch.segment)));
      this.#key = Math.max(this.#key, stretch.time ?? this.#row.dayStart(stretch.segment));
      for (const line of this.#assembler.before(stretch)) this.#add(line, blocks);
      for (const line of this.#linesOf(stretch)) this.#add(line, blocks);
    }
    return blocks;
  }

  /** What is open at the end of what was asked for, unless it goes on after it. */
  async finish(at: Place): Promise<Block[]> {
    await this.#forgetWhatGoesOn(at);
    const blocks: Block[] = [];
    for (const line of this.#assembler.end()) this.#add(line, blocks);
    return blocks;
  }

  /** A line goes on over the end of a segment, but not over one that is missing, nor into another format. */
  async #enter(segment: number): Promise<Block[]> {
    const before = this.#segment;
    this.#segment = segment;
    this.#begun = null;
    if (before === null || (await isJoined(this.#row, before, segment))) return [];
    const blocks: Block[] = [];
    for (const line of this.#assembler.end()) this.#add(line, blocks);
    return blocks;
  }

  #linesOf(stretch: Stretch): Line[] {
    const { bytes } = stretch;
    if (bytes === null) return [];
    if (stretch.format === "raw") return this.#assembler.push(stretch, bytes);
    const begun = this.#begun?.length ?? 0;
    const all = this.#begun === null ? bytes : Buffer.concat([this.#begun, bytes]);
    const lines: Line[] = [];
    let at = 0;
    for (let end = all.indexOf(NEWLINE) + 1; end > 0; end = all.indexOf(NEWLINE, at) + 1) {
      const line = unformat(all.subarray(at, end), stretch.format);
      const offset = stretch.offset - begun + at;
      const author = {
        ...stretch,
        time: stretch.time ?? line.time,
        stream: stretch.stream ?? line.stream,
        offset,
      };
      lines.push(...this.#assembler.push(author, line.bytes));
      at = end;
    }
    this.#begun = at === all.length ? null : all.slice(at);
    return lines;
  }

  #add(line: Line, blocks: Block[]): void {
    const { sieve } = this.#wanted;
    if (!isWanted(line, this.#wanted) || !this.#isInTime(line)) return;
    const block = { ...line, source: this.#row, key: this.#key };
    if (sieve === null) blocks.push(block);
    else blocks.push(...sieve(block));
  }

  /** What has no time may have been read at any of its day. */
  #isInTime({ time, segment }: Line): boolean {
    const { since, until } = this.#wanted;
    if (since !== null && (time ?? this.#row.dayEnd(segment) - 1) < since) return false;
    return until === null || (time ?? this.#row.dayStart(segment)) < until;
  }

  async #forgetWhatGoesOn(at: Place): Promise<void> {
    const end = await this.#row.end();
    let left = MAX_LOOK_AHEAD;
    let { segment, offset } = at;
    const done = new Set<Author>();
    while (isBefore({ segment, offset }, end) && left > 0) {
      if (this.#assembler.open.length === done.size) return;
      if (offset === 0 && segment > 0 && !(await isJoined(this.#row, segment - 1, segment))) return;
      const chunks = await this.#row.chunks(segment, offset);
      for (const chunk of chunks) {
        const isSame = (author: Author) => author.run === chunk.run && author.stream === chunk.stream;
        for (const author of this.#assembler.open) if (isOlder(author, chunk.run)) done.add(author);
        this.#assembler.forget((author) => isSame(author) && !done.has(author));
        if (this.#assembler.open.length === done.size) return;
      }
      const last = chunks.at(-1);
      left -= chunks.length;
      if (last === undefined) ({ segment, offset } = { segment: segment + 1, offset: 0 });
      else offset = last.offset + last.length;
    }
  }
}

/** True if nothing is missing between two segments and the second goes on in the same format. */
async function isJoined(row: LogRow, before: number, segment: number): Promise<boolean> {
  if (segment !== before + 1) return false;
  if ((await row.formatOf(before)) !== (await row.formatOf(segment))) return false;
  if (row.day(before) !== row.day(segment)) return true;
  return (await row.baseOf(before)) + (await row.sizeOf(before)) === (await row.baseOf(segment));
}
