/** Waits for a line of a run that matches an expression: what health checks on output are made of. */
import { inTurns } from "../domain/in-turns.ts";
import { LineCutter } from "../domain/line-cutter.ts";
import type { OutputArchive, OutputLine } from "../domain/output.ts";
import type { Cancel, LineWatcher, WatchedOutput } from "../domain/ports.ts";

/** An expression is tried on the beginning of a long line only: it runs on the main loop. */
const MAX_CHARACTERS = 4096;

export class OutputLineWatcher implements LineWatcher {
  readonly #archive: Pick<OutputArchive, "lines" | "pieces">;
  readonly #failed: (alias: string, error: unknown) => void;

  constructor(
    archive: Pick<OutputArchive, "lines" | "pieces">,
    failed: (alias: string, error: unknown) => void,
  ) {
    this.#archive = archive;
    this.#failed = failed;
  }

  /** What is there is looked through from the time on at which the run began, and what comes is followed meanwhile. */
  watch(of: WatchedOutput, pattern: RegExp, matched: () => void): Cancel {
    const over = new AbortController();
    const tell = (found: boolean) => {
      if (!found || over.signal.aborted) return;
      over.abort();
      matched();
    };
    for (const search of [this.#written, this.#coming])
      search(of, pattern, over.signal)
        .then(tell)
        .catch((error: unknown) => {
          if (!over.signal.aborted) this.#failed(of.alias, error);
        });
    return () => over.abort();
  }

  readonly #written = async (
    { alias, run, since }: WatchedOutput,
    pattern: RegExp,
    signal: AbortSignal,
  ): Promise<boolean> => {
    const all = { stream: null, until: null, tail: null, grep: null, limit: null };
    for await (const lines of this.#archive.lines({ ...all, aliases: [alias], run, since }, signal))
      if (lines.some((line) => matches(pattern, line))) return true;
    return false;
  };

  /**
   * From the newest line on, the beginning of which may belong to what comes. Whose it is is looked at here: the newest line
   * of a run that has none yet would be looked for in everything that there is.
   */
  readonly #coming = async (
    { alias, run }: WatchedOutput,
    pattern: RegExp,
    signal: AbortSignal,
  ): Promise<boolean> => {
    const cutter = new LineCutter();
    const query = { aliases: [alias], stream: null, run: null };
    for await (const piece of inTurns(this.#archive.pieces(query, { tail: 1 }, signal))) {
      const isOurs = piece.run === run || piece.run === null;
      if (isOurs && cutter.cut(piece).some((line) => matches(pattern, line))) return true;
    }
    return false;
  };
}

function matches(pattern: RegExp, { bytes }: OutputLine): boolean {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
  return pattern.test(text.replace(/\r?\n$/, "").slice(0, MAX_CHARACTERS));
}
