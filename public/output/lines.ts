/** Lines, and the blocks of them that are drawn together. */
import { carryOver, settle } from "./ansi.ts";

/** `carry` holds the styles that are on where the line begins; `notice` marks the page's own words. */
export type Line = { id: number; text: string; carry: string; notice: boolean };

export type Block = { id: number; lines: readonly Line[]; chars: number };

const BLOCK_LINES = 200;
const LONGEST_SHOWN = 16_384;

/** Raw lines as they are shown, and the styles that are on after them. */
export function cutLines(raw: string[], before: string, firstId: number): { lines: Line[]; carry: string } {
  let carry = before;
  const lines = raw.map((text, at) => {
    const line = makeLine(firstId + at, text, carry);
    carry = carryOver(text, carry);
    return line;
  });
  return { lines, carry };
}

export function makeLine(id: number, raw: string, carry: string): Line {
  const text = settle(raw);
  const more = text.length - LONGEST_SHOWN;
  const shown = more > 0 ? `${text.slice(0, LONGEST_SHOWN)} … (${more} more characters)` : text;
  return { id, text: shown, carry, notice: false };
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

/** The blocks without their last line. */
export function withoutLast(blocks: readonly Block[]): Block[] {
  const last = blocks.at(-1);
  if (last === undefined) return [];
  const rest = blocks.slice(0, -1);
  return last.lines.length > 1 ? [...rest, makeBlock(last.id, last.lines.slice(0, -1))] : rest;
}

/** The blocks from line `id` on. */
export function dropBefore(blocks: readonly Block[], id: number): Block[] {
  return blocks.flatMap((block) => {
    if ((block.lines[0]?.id ?? 0) >= id) return [block];
    const lines = block.lines.filter((line) => line.id >= id);
    return lines.length > 0 ? [makeBlock(block.id, lines)] : [];
  });
}

function makeBlock(id: number, lines: readonly Line[]): Block {
  return { id, lines, chars: lines.reduce((sum, line) => sum + line.text.length, 0) };
}
