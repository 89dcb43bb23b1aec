/**
 * Makes whole lines of the pieces that a follower gets. Those of different runs and streams do not mix; a line that is
 * longer than 64 KiB comes in parts. Pure.
 */
import type { OutputLine, OutputPiece } from "./output.ts";

const MAX_LINE_BYTES = 64 << 10;
/** Of so many writers at once an alias keeps the unfinished line; the oldest gives way. */
const MAX_OPEN = 8;
const NEWLINE = 10;

interface Unfinished {
  readonly line: Omit<OutputLine, "bytes">;
  readonly bytes: Uint8Array;
}

export class LineCutter {
  /** By alias, then by run and stream, in the order in which they began. */
  readonly #open = new Map<string, Map<string, Unfinished>>();

  /** The lines that this piece ends. */
  cut(piece: OutputPiece): OutputLine[] {
    const { alias, time, stream, run } = piece;
    const line = { alias, time, stream, run };
    const lines: OutputLine[] = [];
    let rest = this.#joined(line, piece.bytes);
    while (rest.length > 0) {
      const newline = rest.subarray(0, MAX_LINE_BYTES).indexOf(NEWLINE);
      if (newline === -1 && rest.length < MAX_LINE_BYTES) break;
      const end = newline === -1 ? MAX_LINE_BYTES : newline + 1;
      lines.push({ ...line, bytes: rest.subarray(0, end) });
      rest = rest.subarray(end);
    }
    if (rest.length > 0) lines.push(...this.#keep({ line, bytes: rest.slice() }));
    return lines;
  }

  /** What is there of unfinished lines of an alias, as lines of their own. */
  flush(alias: string): OutputLine[] {
    const open = [...(this.#open.get(alias)?.values() ?? [])];
    this.#open.delete(alias);
    return open.map(({ line, bytes }) => ({ ...line, bytes }));
  }

  #joined(line: Unfinished["line"], bytes: Uint8Array): Uint8Array {
    const open = this.#open.get(line.alias);
    const begun = open?.get(keyOf(line));
    if (begun === undefined) return bytes;
    open?.delete(keyOf(line));
    if (open?.size === 0) this.#open.delete(line.alias);
    return Buffer.concat([begun.bytes, bytes]);
  }

  #keep(unfinished: Unfinished): OutputLine[] {
    const { alias } = unfinished.line;
    const open = this.#open.get(alias) ?? new Map<string, Unfinished>();
    this.#open.set(alias, open.set(keyOf(unfinished.line), unfinished));
    if (open.size <= MAX_OPEN) return [];
    const [oldest] = open;
    if (oldest === undefined) return [];
    open.delete(oldest[0]);
    return [{ ...oldest[1].line, bytes: oldest[1].bytes }];
  }
}

const keyOf = ({ run, stream }: Unfinished["line"]): string => `${run ?? ""} ${stream ?? ""}`;

/** A line of the service's own that stands where a follower was moved on. */
export function missedLine({ alias, missed_bytes }: OutputPiece): OutputLine {
  const text = `… ${missed_bytes.toLocaleString("en")} bytes passed over: they came too fast\n`;
  return { alias, time: null, stream: "meproc", run: null, bytes: new TextEncoder().encode(text) };
}
