/** One follower of some aliases: makes lines of what comes, and hands them to a sink as fast as that takes them. */
import { inTurns } from "../domain/in-turns.ts";
import { LineCutter, missedLine } from "../domain/line-cutter.ts";
import type { OutputArchive, OutputLine, OutputPiece } from "../domain/output.ts";

export interface LineSink {
  /** These are about to be written to it. */
  expect?(aliases: readonly string[]): void;
  /** Settles when there is room for more, or `signal` aborts. */
  write(lines: readonly OutputLine[], signal: AbortSignal): Promise<void>;
}

export interface MirrorOptions {
  readonly archive: Pick<OutputArchive, "pieces">;
  readonly aliases: readonly string[];
  readonly sink: LineSink;
  /** Unix ms: what was written before is not for it. */
  readonly since: number;
  readonly failed: (error: unknown) => void;
}

/** How far it looks back for what was written between its beginning and the first look. */
const LOOK_BACK_LINES = 1000;
/** Nothing more is there when nothing has come for so long. */
const QUIET_MS = 100;
const LONGEST_FINISH_MS = 1500;
const LOOK_MS = 20;

export class Mirror {
  readonly #options: MirrorOptions;
  readonly #gone = new AbortController();
  readonly #cutter = new LineCutter();
  readonly #ended: Promise<void>;
  /** When it began to wait for output; `null` while it has some to pass on. */
  #waitingSince: number | null = null;
  #before = Number.POSITIVE_INFINITY;

  constructor(options: MirrorOptions) {
    this.#options = options;
    options.sink.expect?.(options.aliases);
    this.#ended = this.#follow().catch((error: unknown) => {
      if (!this.#gone.signal.aborted) options.failed(error);
    });
  }

  /**
   * Passes on what is there and ends; a sink that takes nothing is not waited for. What is written at `before` (Unix ms) or
   * later is for another.
   */
  async finish(before = Number.POSITIVE_INFINITY): Promise<void> {
    this.#before = before;
    // what was written just now is still on its way here, however quiet it was until then
    if (this.#waitingSince !== null) this.#waitingSince = performance.now();
    const latest = performance.now() + LONGEST_FINISH_MS;
    while (!this.#isQuiet() && performance.now() < latest) await Bun.sleep(LOOK_MS);
    this.#gone.abort();
    await this.#ended;
  }

  #isQuiet(): boolean {
    return this.#waitingSince !== null && performance.now() - this.#waitingSince >= QUIET_MS;
  }

  async #follow(): Promise<void> {
    const { archive, aliases } = this.#options;
    const { signal } = this.#gone;
    const query = { aliases, stream: null, run: null };
    const pieces = inTurns(archive.pieces(query, { tail: LOOK_BACK_LINES }, signal));
    for (;;) {
      this.#waitingSince = performance.now();
      const { done, value } = await pieces.next();
      this.#waitingSince = null;
      if (done === true) break;
      await this.#write(this.#linesOf(value));
    }
    await this.#write(aliases.flatMap((alias) => this.#cutter.flush(alias)));
  }

  #linesOf(piece: OutputPiece): OutputLine[] {
    const { time } = piece;
    if (time === null || time < this.#options.since || time >= this.#before) return [];
    if (piece.missed_bytes === 0) return this.#cutter.cut(piece);
    return [...this.#cutter.flush(piece.alias), missedLine(piece), ...this.#cutter.cut(piece)];
  }

  async #write(lines: readonly OutputLine[]): Promise<void> {
    if (lines.length > 0) await this.#options.sink.write(lines, this.#gone.signal);
  }
}
