/** What a query works on: one or more whole lines with one author and one time, not cut apart before they must be. */
import type { OutputLine, OutputStream } from "../../domain/output.ts";
import type { RunId } from "../../domain/run.ts";

export const NEWLINE = 10;

/** Whose lines they are; blocks of one source have the same object. */
export interface Source {
  readonly alias: string;
}

export interface Block {
  readonly source: Source;
  /** Unix ms; `null` if nobody can tell. */
  readonly time: number | null;
  /** By which sources are merged: the time, and where there is none that of its day. Never goes back in a source. */
  readonly key: number;
  readonly stream: OutputStream;
  readonly run: RunId | null;
  /** Lines with their newlines. Only a block that is a piece of a line may end without one. */
  readonly bytes: Uint8Array;
  /** The last line was never finished. */
  readonly unfinished: boolean;
  /** Where its first byte lies in the row. */
  readonly segment: number;
  readonly offset: number;
}

/** Where each line of a block ends: after its newline, or after so many bytes of it. */
export function* lineEnds(bytes: Uint8Array, lineBytes: number): Generator<number> {
  for (let at = 0; at < bytes.length;) {
    const newline = bytes.indexOf(NEWLINE, at);
    const end = newline === -1 ? bytes.length : newline + 1;
    while (at < end) {
      at = Math.min(at + lineBytes, end);
      yield at;
    }
  }
}

export function countLines({ bytes }: Block, lineBytes: number): number {
  if (bytes.length > lineBytes) return [...lineEnds(bytes, lineBytes)].length;
  let count = bytes.at(-1) === NEWLINE ? 0 : 1;
  for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, at + 1)) count++;
  return bytes.length === 0 ? 0 : count;
}

/** The block without its first `skip` lines, and with at most `most`. */
export function cutLines(block: Block, skip: number, most: number, lineBytes: number): Block {
  let from = 0;
  let to = 0;
  let number = 0;
  for (const end of lineEnds(block.bytes, lineBytes)) {
    if (number++ < skip) from = end;
    to = end;
    if (number >= skip + most) break;
  }
  if (from === 0 && to === block.bytes.length) return block;
  const unfinished = block.unfinished && to === block.bytes.length;
  return { ...block, bytes: block.bytes.subarray(from, to), offset: block.offset + from, unfinished };
}

export function linesOf(block: Block, lineBytes: number): OutputLine[] {
  const { source, time, stream, run, bytes } = block;
  const { alias } = source;
  const lines: OutputLine[] = [];
  let from = 0;
  for (const end of lineEnds(bytes, lineBytes)) {
    lines.push({ alias, time, stream, run, bytes: bytes.subarray(from, end) });
    from = end;
  }
  return lines;
}
