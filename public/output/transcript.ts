/**
 * The part of an output that the page holds, as lines in blocks. Pure: every change gives a new value and
 * leaves untouched blocks the same object, so that only new lines are drawn.
 */
import { type Arrival, assemble } from "./assemble.ts";
import {
  type Block,
  type Carries,
  cutLines,
  type Line,
  pushLines,
  type RawLine,
  withoutLast,
} from "./lines.ts";

export type Transcript = {
  blocks: readonly Block[];
  /** The lines that have not ended, raw; they are also shown, as the last lines of the last block. */
  tails: readonly RawLine[];
  /** The styles that are on before the tails. */
  carries: Carries;
  lineCount: number;
  /** Something older was left out that had been here, or could have been. */
  cut: boolean;
  nextId: number;
  firstId: number;
};

const KEEP_CHARS = 2 * 1024 * 1024;

export const EMPTY: Transcript = {
  blocks: [],
  tails: [],
  carries: new Map(),
  lineCount: 0,
  cut: false,
  nextId: 0,
  firstId: 0,
};

/** Adds what has come; of many lines at once only the newest `keep`. */
export function append(now: Transcript, arrivals: readonly Arrival[], keep: number): Transcript {
  const { lines, tails } = assemble(now.tails, arrivals);
  return extend(now, lines, tails, keep);
}

/** Adds whole lines after what is shown. */
export function appendLines(now: Transcript, lines: readonly RawLine[]): Transcript {
  return extend(now, lines, [], Number.POSITIVE_INFINITY);
}

/** Puts earlier lines before what is shown. What was left out there is among them: notices at the top go. */
export function prependLines(now: Transcript, lines: readonly RawLine[]): Transcript {
  const shown = linesOf(now);
  const notices = Math.max(
    0,
    shown.findIndex((line) => !line.notice),
  );
  const firstId = (shown[notices]?.id ?? now.nextId) - lines.length;
  const earlier = pushLines([], cutLines(lines, new Map(), firstId).lines);
  const rest = notices === 0 ? now.blocks : dropFirst(now.blocks, notices);
  const lineCount = now.lineCount - notices + lines.length;
  return { ...now, blocks: [...earlier, ...rest], firstId, lineCount, cut: false };
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
  return { ...now, blocks: now.blocks.slice(first), lineCount: lines, cut: true };
}

/** Every line that is shown, in its order. */
export function linesOf(now: Transcript): Line[] {
  return now.blocks.flatMap((block) => block.lines);
}

function extend(
  now: Transcript,
  lines: readonly RawLine[],
  tails: readonly RawLine[],
  keep: number,
): Transcript {
  const skipped = Math.max(0, lines.length - keep);
  const fresh = cutLines(skipped === 0 ? lines : lines.slice(skipped), now.carries, now.nextId);
  const tailId = now.nextId + fresh.lines.length;
  const shown = [...fresh.lines, ...cutLines(tails, fresh.carries, tailId).lines];
  return {
    ...now,
    blocks: pushLines(withoutLast(now.blocks, now.tails.length), shown),
    tails,
    carries: fresh.carries,
    lineCount: now.lineCount - now.tails.length + shown.length,
    cut: now.cut || skipped > 0,
    nextId: tailId + tails.length,
  };
}

function dropFirst(blocks: readonly Block[], count: number): Block[] {
  const lines = blocks.flatMap((block) => block.lines).slice(count);
  return pushLines([], lines);
}
