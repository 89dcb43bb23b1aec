/** Waits for a line of a run that matches an expression: what health checks on output are made of. */
import { inTurns } from "../domain/in-turns.ts";
import { LineCutter } from "../domain/line-cutter.ts";
import type { OutputArchive, OutputLine } from "../domain/output.ts";
import type { Cancel, LineWatcher } from "../domain/ports.ts";
import type { RunId } from "../domain/run.ts";

/** Of a run that was taken over, the newest lines are looked at. */
const LOOK_BACK_LINES = 10_000;
/** An expression is tried on the beginning of a long line only: it runs on the main loop. */
const MAX_CHARACTERS = 4096;

export class OutputLineWatcher implements LineWatcher {
  readonly #archive: Pick<OutputArchive, "pieces">;
  readonly #failed: (alias: string, error: unknown) => void;

  constructor(archive: Pick<OutputArchive, "pieces">, failed: (alias: string, error: unknown) => void) {
    this.#archive = archive;
    this.#failed = failed;
  }

  watch(of: { readonly run: RunId; readonly alias: string }, pattern: RegExp, matched: () => void): Cancel {
    const gone = new AbortController();
    this.#find(of, pattern, gone.signal)
      .then((found) => {
        if (found && !gone.signal.aborted) matched();
      })
      .catch((error: unknown) => {
        if (!gone.signal.aborted) this.#failed(of.alias, error);
      });
    return () => gone.abort();
  }

  async #find(
    { run, alias }: { readonly run: RunId; readonly alias: string },
    pattern: RegExp,
    signal: AbortSignal,
  ): Promise<boolean> {
    const cutter = new LineCutter();
    const query = { aliases: [alias], stream: null, run };
    const pieces = inTurns(this.#archive.pieces(query, { tail: LOOK_BACK_LINES }, signal));
    for await (const piece of pieces)
      if (cutter.cut(piece).some((line) => matches(pattern, line))) return true;
    return false;
  }
}

function matches(pattern: RegExp, { bytes }: OutputLine): boolean {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
  return pattern.test(text.replace(/\r?\n$/, "").slice(0, MAX_CHARACTERS));
}
