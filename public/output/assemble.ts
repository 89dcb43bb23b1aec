/**
 * Pieces as they were read → lines. Pieces of several sources may lie between each other: a line is put together of
 * those of its own source, and stands where it ends.
 */
import { bytesInWords } from "../words/bytes.ts";
import { keyOf, noticeLine, type RawLine, type Source } from "./lines.ts";

/** Output that has come; a gap is what was left out. */
export type Arrival =
  | (Source & { kind: "text"; text: string; time: number | null })
  | { kind: "gap"; replica: number; bytes: number };

export type Assembled = {
  lines: RawLine[];
  /** Lines that have not ended, the one that was written to last at the end. */
  tails: readonly RawLine[];
};

/** A longer line comes in pieces, as it does from the service. */
const LONGEST_LINE = 65_536;

export function assemble(before: readonly RawLine[], arrivals: readonly Arrival[]): Assembled {
  const lines: RawLine[] = [];
  const tails = new Map(before.map((tail) => [keyOf(tail), tail]));
  /** What will not go on is a line as it stands. */
  const finish = (ended: (tail: RawLine) => boolean) => {
    for (const [key, tail] of tails) {
      if (!ended(tail)) continue;
      tails.delete(key);
      lines.push(tail);
    }
  };
  for (const arrival of arrivals) {
    if (arrival.kind === "gap") {
      finish((tail) => tail.replica === arrival.replica);
      lines.push(noticeLine(arrival.replica, gapInWords(arrival.bytes)));
      continue;
    }
    const { replica, run, stream, time } = arrival;
    finish((tail) => tail.replica === replica && tail.stream === stream && tail.run !== run);
    const key = keyOf(arrival);
    const parts = `${tails.get(key)?.text ?? ""}${arrival.text}`.split("\n");
    let last = parts.pop() ?? "";
    for (; last.length > LONGEST_LINE; last = last.slice(LONGEST_LINE))
      parts.push(last.slice(0, LONGEST_LINE));
    for (const text of parts) lines.push({ replica, run, stream, time, text, notice: false });
    tails.delete(key);
    if (last !== "") tails.set(key, { replica, run, stream, time, text: last, notice: false });
  }
  return { lines, tails: [...tails.values()] };
}

function gapInWords(bytes: number): string {
  return `${bytesInWords(bytes)} are left out here: they came too fast to be shown, or are not kept any more`;
}
