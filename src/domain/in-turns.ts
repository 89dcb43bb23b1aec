/** Much work in small parts, between which everything else has its turn: a flood of short lines must not hold it up. */
import type { OutputPiece } from "./output.ts";

const PART_BYTES = 16 << 10;

/** Settles when everybody else has had a turn. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** The same pieces in smaller ones. Their `to` is that of the whole. */
export async function* inTurns(pieces: AsyncIterable<OutputPiece>): AsyncGenerator<OutputPiece> {
  for await (const piece of pieces) {
    const { bytes } = piece;
    if (bytes.length === 0) yield piece;
    for (let at = 0; at < bytes.length; at += PART_BYTES) {
      yield {
        ...piece,
        bytes: bytes.subarray(at, at + PART_BYTES),
        missed_bytes: at === 0 ? piece.missed_bytes : 0,
      };
      await nextTurn();
    }
  }
}
