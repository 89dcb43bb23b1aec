/** Waits for a line in the output of a run: what has been written is read once, and what comes is followed. */
import type { OutputArchive, OutputPiece } from "../domain/output.ts";
import type { Cancel, LineWatcher, WatchedOutput } from "../domain/ports.ts";

/** A longer line is looked at up to here: a pattern is tried on the main thread. */
const LINE_BYTES = 4096;
const NEWLINE = 10;

export class OutputLineWatcher implements LineWatcher {
  readonly #archive: Pick<OutputArchive, "lines" | "pieces">;
  readonly #report: (error: unknown) => void;

  /** `report` hears of output that cannot be read. */
  constructor(archive: Pick<OutputArchive, "lines" | "pieces">, report: (error: unknown) => void) {
    this.#archive = archive;
    this.#report = report;
  }

  watch(of: WatchedOutput, pattern: RegExp, matched: () => void): Cancel {
    const over = new AbortController();
    const tell = () => {
      if (over.signal.aborted) return;
      over.abort();
      matched();
    };
    const looking = [this.#written(of, pattern, over.signal), this.#coming(of, pattern, over.signal)];
    for (const each of looking) each.then((found) => found && tell()).catch(this.#report);
    return () => over.abort();
  }

  async #written(
    { alias, run, since }: WatchedOutput,
    pattern: RegExp,
    signal: AbortSignal,
  ): Promise<boolean> {
    const aliases = [alias];
    const query = { aliases, stream: null, run, since, until: null, tail: null, grep: null, limit: null };
    for await (const lines of this.#archive.lines(query, signal))
      for (const { bytes } of lines) if (pattern.test(textOf(bytes))) return true;
    return false;
  }

  /** From the newest line on, whose beginning may belong to what comes. */
  async #coming({ alias, run }: WatchedOutput, pattern: RegExp, signal: AbortSignal): Promise<boolean> {
    const lines = new Lines();
    const pieces = this.#archive.pieces({ aliases: [alias], stream: null, run: null }, { tail: 1 }, signal);
    for await (const piece of pieces) {
      if (piece.run !== run && piece.run !== null) continue;
      for (const line of lines.of(piece)) if (pattern.test(line)) return true;
    }
    return false;
  }
}

/** Puts lines together again, of each stream for itself. */
class Lines {
  readonly #begun = new Map<OutputPiece["stream"], Uint8Array>();

  *of({ stream, bytes }: OutputPiece): Generator<string> {
    let rest = bytes;
    for (let end = rest.indexOf(NEWLINE); end >= 0; end = rest.indexOf(NEWLINE)) {
      yield textOf(this.#joined(stream, rest.subarray(0, end)));
      this.#begun.delete(stream);
      rest = rest.subarray(end + 1);
    }
    if (rest.length > 0) this.#begun.set(stream, this.#joined(stream, rest).slice(0, LINE_BYTES));
  }

  #joined(stream: OutputPiece["stream"], bytes: Uint8Array): Uint8Array {
    const begun = this.#begun.get(stream);
    return begun === undefined ? bytes : Buffer.concat([begun, bytes]);
  }
}

function textOf(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, LINE_BYTES)).toString();
  return text.replace(/\r?\n?$/, "");
}
