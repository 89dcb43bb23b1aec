/**
 * The part of an output that the page holds, as lines in blocks. Pure: every change gives a new value and
 * leaves untouched blocks the same object, so that only new lines are drawn.
 */
import { type Block, cutLines, dropBefore, type Line, makeLine, pushLines, withoutLast } from "./lines.ts";

/** A line that is known to begin at a position of the output. Between marks, positions are not known. */
export type Mark = { line: number; position: string };

/** A piece of output and the positions of its two ends; null where one is not known. */
export type Piece = { text: string; from: string | null; to: string | null };

export type Transcript = {
  blocks: readonly Block[];
  marks: readonly Mark[];
  /** The unfinished last line, raw; it is also shown, as the last line of the last block. */
  tail: string;
  /** The styles that are on where the tail begins. */
  carry: string;
  lineCount: number;
  /** The position after the newest byte that is shown. */
  end: string | null;
  /** Something older was left out that had been here, or could have been. */
  cut: boolean;
  nextId: number;
  firstId: number;
};

/** A longer unfinished line loses its middle. */
const LONGEST_TAIL = 65_536;
const KEEP_CHARS = 2 * 1024 * 1024;

export const EMPTY: Transcript = {
  blocks: [],
  marks: [],
  tail: "",
  carry: "",
  lineCount: 0,
  end: null,
  cut: false,
  nextId: 0,
  firstId: 0,
};

/** Adds a piece; of much text at once only the newest `keep` lines. */
export function append(now: Transcript, piece: Piece, keep: number): Transcript {
  const { text, from, to } = piece;
  const raw = (now.tail + text).split("\n");
  const last = raw.pop() ?? "";
  const tail =
    last.length > LONGEST_TAIL ? last.slice(0, LONGEST_TAIL / 2) + last.slice(-LONGEST_TAIL / 2) : last;
  const skipped = Math.max(0, raw.length - keep);
  const fresh = cutLines(raw.slice(skipped), now.carry, now.nextId);
  const tailId = now.nextId + raw.length;
  const lines = tail === "" ? fresh.lines : [...fresh.lines, makeLine(tailId, tail, fresh.carry)];
  const kept = now.tail === "" ? now.blocks : withoutLast(now.blocks);
  const known = from !== null && now.tail === "" && skipped === 0;
  return {
    ...now,
    blocks: pushLines(kept, lines),
    marks: known ? [...now.marks, { line: now.nextId, position: from }] : now.marks,
    tail,
    carry: fresh.carry,
    lineCount: now.lineCount - (now.tail === "" ? 0 : 1) + lines.length,
    end: to,
    cut: now.cut || skipped > 0,
    nextId: tailId + 1,
  };
}

/** Puts earlier text before `mark`, where it ends; what stood before the mark goes. */
export function prepend(now: Transcript, mark: Mark, text: string, from: string): Transcript {
  const raw = text.split("\n");
  if (raw.at(-1) === "") raw.pop();
  const firstId = now.firstId - raw.length;
  const earlier = pushLines([], cutLines(raw, "", firstId).lines);
  const rest = dropBefore(now.blocks, mark.line);
  const blocks = [...earlier, ...rest];
  const marks = [{ line: firstId, position: from }, ...now.marks.filter((one) => one.line >= mark.line)];
  return { ...now, blocks, marks, firstId, cut: false, lineCount: countLines(blocks) };
}

/** Starts anew with text that ends where what is shown ends: where no line's position is known any more. */
export function refill(now: Transcript, text: string, from: string): Transcript {
  const empty = { ...EMPTY, nextId: now.nextId, firstId: now.nextId };
  return append(empty, { text, from, to: now.end }, Number.POSITIVE_INFINITY);
}

/** Adds a line that is the page's own and no output. */
export function appendNotice(now: Transcript, text: string): Transcript {
  const line: Line = { id: now.nextId, text, carry: "", notice: true };
  const blocks = pushLines(now.blocks, [line]);
  return { ...now, blocks, tail: "", carry: "", nextId: now.nextId + 1, lineCount: now.lineCount + 1 };
}

/** Without the oldest blocks, as far as `keep` lines or as many as make up KEEP_CHARS stay. */
export function trimmed(now: Transcript, keep: number): Transcript {
  let lines = 0;
  let chars = 0;
  const first = now.blocks.findLastIndex((block) => {
    lines += block.lines.length;
    chars += block.chars;
    return lines >= keep || chars >= KEEP_CHARS;
  });
  if (first <= 0) return now;
  const blocks = now.blocks.slice(first);
  const line = blocks[0]?.lines[0]?.id ?? now.nextId;
  return {
    ...now,
    blocks,
    lineCount: lines,
    cut: true,
    marks: now.marks.filter((mark) => mark.line >= line),
  };
}

function countLines(blocks: readonly Block[]): number {
  return blocks.reduce((sum, block) => sum + block.lines.length, 0);
}
