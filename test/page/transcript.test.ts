import { describe, expect, test } from "bun:test";
import {
  append,
  appendNotice,
  EMPTY,
  type Mark,
  prepend,
  refill,
  type Transcript,
  trimmed,
} from "../../public/output/transcript.ts";

const ALL = Number.POSITIVE_INFINITY;
const texts = (now: Transcript) => now.blocks.flatMap((block) => block.lines).map((line) => line.text);
const piece = (text: string, from: string | null, to: string | null) => ({ text, from, to });
const after = (...pieces: string[]) =>
  pieces.reduce((now, text, i) => append(now, piece(text, String(i), String(i + 1)), ALL), EMPTY);

function firstMark(now: Transcript): Mark {
  const [mark] = now.marks;
  if (mark === undefined) throw new Error("There is no mark");
  return mark;
}

describe("output that comes", () => {
  const rows: readonly (readonly [what: string, pieces: string[], lines: string[]])[] = [
    ["nothing is no line", [""], []],
    ["whole lines", ["a\nb\n"], ["a", "b"]],
    ["a line that has not ended is shown", ["a\nb"], ["a", "b"]],
    ["a line that comes in pieces is one line", ["a", "b", "c\nd"], ["abc", "d"]],
    ["an empty line is a line", ["a\n\nb\n"], ["a", "", "b"]],
    ["a progress bar is its newest state", ["1 %\r", "2 %\r", "3 %"], ["3 %"]],
  ];
  test.each(rows)("%s", (_, pieces, lines) => {
    const now = after(...pieces);
    expect(texts(now)).toEqual(lines);
    expect(now.lineCount).toBe(lines.length);
    expect(now.end).toBe(String(pieces.length));
  });

  test("keeps the newest lines of much, and says that something is missing", () => {
    const now = append(EMPTY, piece("1\n2\n3\n4\n", "0", "8"), 2);
    expect(texts(now)).toEqual(["3", "4"]);
    expect(now.cut).toBe(true);
    expect(now.marks).toEqual([]);
  });

  test("has no number twice, whatever comes", () => {
    const now = appendNotice(after("a", "b\nc", "\n", "d\n\ne"), "notice");
    const ids = now.blocks.flatMap((block) => block.lines).map((line) => line.id);
    expect(new Set(ids).size).toBe(ids.length);
    expect([...ids].sort((a, b) => a - b)).toEqual(ids);
  });

  test("loses the middle of a line that never ends", () => {
    const now = append(after("x".repeat(60_000)), piece("y".repeat(60_000), null, "2"), ALL);
    expect(now.tail).toHaveLength(65_536);
    expect(now.tail).toStartWith("x");
    expect(now.tail).toEndWith("y");
  });
});

describe("a mark", () => {
  test("stands where a piece begins a line", () => {
    expect(after("a\n", "b\n").marks).toEqual([
      { line: 0, position: "0" },
      { line: 2, position: "1" },
    ]);
  });

  test("does not stand where a piece goes on with a line", () => {
    expect(after("a", "b\n").marks).toEqual([{ line: 0, position: "0" }]);
  });

  test("does not stand where the position is not known", () => {
    expect(append(EMPTY, piece("a\n", null, "1"), ALL).marks).toEqual([]);
  });
});

describe("earlier output", () => {
  test("is put before the first mark", () => {
    const now = after("c\nd\n");
    const longer = prepend(now, firstMark(now), "a\nb\n", "-1");
    expect(texts(longer)).toEqual(["a", "b", "c", "d"]);
    expect(longer.lineCount).toBe(4);
    expect(firstMark(longer).position).toBe("-1");
    expect(longer.firstId).toBe(-2);
  });

  test("takes the place of what stands before the mark and is only a part", () => {
    const now = append(append(EMPTY, piece("rt\n", null, "3"), ALL), piece("c\n", "3", "5"), ALL);
    const longer = prepend(now, firstMark(now), "start\n", "0");
    expect(texts(longer)).toEqual(["start", "c"]);
  });

  test("fills what is shown anew where no position is known", () => {
    const now = append(EMPTY, piece("lost\n", null, "9"), ALL);
    const filled = refill(now, "a\nlost\n", "0");
    expect(texts(filled)).toEqual(["a", "lost"]);
    expect(filled.end).toBe("9");
  });
});

describe("what is held", () => {
  const many = (count: number) =>
    append(EMPTY, piece(Array.from({ length: count }, (_, i) => `${i}\n`).join(""), "0", "1"), ALL);

  test("stays as it is while it is little", () => {
    const now = many(100);
    expect(trimmed(now, 5000)).toBe(now);
  });

  test("is cut to whole blocks that hold as many lines as asked for", () => {
    const now = trimmed(many(1000), 300);
    expect(now.lineCount).toBe(400);
    expect(texts(now).at(-1)).toBe("999");
    expect(now.cut).toBe(true);
    expect(now.marks).toEqual([]);
  });

  test("is cut when its lines are long, too", () => {
    const long = `${"x".repeat(16_000)}\n`.repeat(400);
    expect(trimmed(append(EMPTY, piece(long, "0", "1"), ALL), ALL).lineCount).toBe(200);
  });
});

test("a notice is the page's own line, and the next output begins a new one", () => {
  const now = append(appendNotice(after("half"), "missed 3 bytes"), piece("next\n", null, "9"), ALL);
  expect(texts(now)).toEqual(["half", "missed 3 bytes", "next"]);
  expect(now.blocks.flatMap((block) => block.lines).map((line) => line.notice)).toEqual([false, true, false]);
});
