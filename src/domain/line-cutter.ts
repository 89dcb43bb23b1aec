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
    const bytes = this.#joined(line, piece.bytes);
    let from = 0;
    while (from < bytes.length) {
      const to = endOfLine(bytes, from);
      if (to === null) break;
      lines.push({ alias, time, stream, run, bytes: bytes.subarray(from, to) });
      from = to;
    }
    if (from < bytes.length) lines.push(...this.#keep({ line, bytes: bytes.slice(from) }));
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

/** Where the line ends, or this part of a very long one; `null` if that is still to come. */
function endOfLine(bytes: Uint8Array, from: number): number | null {
  const newline = bytes.indexOf(NEWLINE, from);
  if (newline !== -1 && newline - from < MAX_LINE_BYTES) return newline + 1;
  return bytes.length - from < MAX_LINE_BYTES ? null : from + MAX_LINE_BYTES;
}

const keyOf = ({ run, stream }: Unfinished["line"]): string => `${run ?? ""} ${stream ?? ""}`;

/** A line of the service's own that stands where a follower was moved on. */
export function missedLine({ alias, missed_bytes }: OutputPiece): OutputLine {
  const text = `… ${missed_bytes.toLocaleString("en")} bytes passed over: they came too fast\n`;
  return { alias, time: null, stream: "meproc", run: null, bytes: new TextEncoder().encode(text) };
}
