/** Lines, and the blocks of them that are drawn together. */
import type { OutputStream } from "../api/types.ts";
import { carryOver, settle } from "./ansi.ts";

/** Who wrote: a line belongs to one source, and styles go on from line to line within one. */
export type Source = { replica: number; run: string | null; stream: OutputStream };

/** A line as it was written. `notice` marks the page's own words. Time in Unix ms, null if nobody knows it. */
export type RawLine = Source & { text: string; time: number | null; notice: boolean };

/** A line as it is shown. `carry` holds the styles that are on where it begins. */
export type Line = RawLine & { id: number; carry: string };

export type Block = { id: number; lines: readonly Line[]; chars: number };

/** The styles that are on at the end of each source's newest line. */
export type Carries = ReadonlyMap<string, string>;

const BLOCK_LINES = 200;
const LONGEST_SHOWN = 16_384;

export function keyOf({ replica, run, stream }: Source): string {
  return `${replica} ${stream} ${run}`;
}

/** RFC 3339 → Unix ms. */
export function unixTime(time: string | null): number | null {
  return time === null ? null : Date.parse(time);
}

/** The page's own words, about a replica. */
export function noticeLine(replica: number, text: string): RawLine {
  return { replica, run: null, stream: null, text, time: null, notice: true };
}

/** Raw lines as they are shown, and the styles that are on after them. */
export function cutLines(
  raw: readonly RawLine[],
  before: Carries,
  firstId: number,
): { lines: Line[]; carries: Carries } {
  const carries = new Map(before);
  const lines = raw.map((one, at) => {
    const key = keyOf(one);
    const carry = carries.get(key) ?? "";
    const after = one.notice ? carry : carryOver(one.text, carry);
    if (after === "") carries.delete(key);
    else carries.set(key, after);
    return makeLine(firstId + at, one, carry);
  });
  return { lines, carries };
}

export function makeLine(id: number, raw: RawLine, carry: string): Line {
  return { ...raw, id, text: shownText(raw.text), carry };
}

/** Fills the last block, then makes new ones. */
export function pushLines(blocks: readonly Block[], lines: readonly Line[]): Block[] {
  const result = [...blocks];
  if (lines.length === 0) return result;
  const last = result.at(-1);
  const room = last ? Math.max(0, BLOCK_LINES - last.lines.length) : 0;
  if (last && room > 0) {
    result[result.length - 1] = makeBlock(last.id, [...last.lines, ...lines.slice(0, room)]);
  }
  for (let at = room; at < lines.length; at += BLOCK_LINES) {
    const part = lines.slice(at, at + BLOCK_LINES);
    result.push(makeBlock(part[0]?.id ?? 0, part));
  }
  return result;
}

/** The blocks without their last `count` lines. */
export function withoutLast(blocks: readonly Block[], count: number): readonly Block[] {
  const last = blocks.at(-1);
  if (last === undefined || count === 0) return blocks;
  const rest = blocks.slice(0, -1);
  if (last.lines.length > count) return [...rest, makeBlock(last.id, last.lines.slice(0, -count))];
  return withoutLast(rest, count - last.lines.length);
}

/** What a terminal would show of a line, as far as anybody would read it. */
export function shownText(raw: string): string {
  const text = settle(raw);
  const more = text.length - LONGEST_SHOWN;
  return more > 0 ? `${text.slice(0, LONGEST_SHOWN)} … (${more} more characters)` : text;
}

function makeBlock(id: number, lines: readonly Line[]): Block {
  return { id, lines, chars: lines.reduce((sum, line) => sum + line.text.length, 0) };
}
