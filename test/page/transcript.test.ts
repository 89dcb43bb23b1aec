import { describe, expect, test } from "bun:test";
import {
  append,
  appendLines,
  EMPTY,
  linesOf,
  prependLines,
  type Transcript,
  trimmed,
} from "../../public/output/transcript.ts";
import { aLine, aPiece } from "./output-lines.ts";

const ALL = Number.POSITIVE_INFINITY;
const texts = (now: Transcript) => linesOf(now).map((line) => line.text);
const after = (...pieces: string[]) => pieces.reduce((now, text) => append(now, [aPiece(text)], ALL), EMPTY);

describe("output that comes", () => {
  const rows: readonly (readonly [what: string, pieces: string[], lines: string[]])[] = [
    ["whole lines", ["a\nb\n"], ["a", "b"]],
    ["a line that has not ended is shown", ["a\nb"], ["a", "b"]],
    ["a line that comes in pieces is one line", ["a", "b", "c\nd"], ["abc", "d"]],
    ["a progress bar is its newest state", ["1 %\r", "2 %\r", "3 %"], ["3 %"]],
  ];
  test.each(rows)("%s", (_, pieces, lines) => {
    const now = after(...pieces);
    expect(texts(now)).toEqual(lines);
    expect(now.lineCount).toBe(lines.length);
  });

  test("of two sources shows what neither has ended, below what has", () => {
    const err = { stream: "stderr" } as const;
    const now = append(after("a\nhalf"), [aPiece("wro", err), aPiece("ng\n?", err)], ALL);
    expect(texts(now)).toEqual(["a", "wrong", "half", "?"]);
    expect(texts(append(now, [aPiece(" whole\n")], ALL))).toEqual(["a", "wrong", "half whole", "?"]);
  });

  test("keeps the newest lines of much, and says that something is missing", () => {
    const now = append(EMPTY, [aPiece("1\n2\n3\n4\n")], 2);
    expect(texts(now)).toEqual(["3", "4"]);
    expect(now.cut).toBe(true);
  });

  test("has no number twice, whatever comes", () => {
    const gap = { kind: "gap", replica: 0, bytes: 3 } as const;
    const now = append(after("a", "b\nc", "\n", "d\n\ne"), [gap, aPiece("f")], ALL);
    const ids = linesOf(now).map((line) => line.id);
    expect(new Set(ids).size).toBe(ids.length);
    expect([...ids].sort((a, b) => a - b)).toEqual(ids);
  });
});

describe("earlier output", () => {
  test("is put before what is shown", () => {
    const longer = prependLines(after("c\nd"), [aLine("a"), aLine("b")]);
    expect(texts(longer)).toEqual(["a", "b", "c", "d"]);
    expect(longer.lineCount).toBe(4);
    expect(longer.firstId).toBe(-2);
    expect(texts(append(longer, [aPiece("e\n")], ALL))).toEqual(["a", "b", "c", "de"]);
  });

  test("takes the place of the words about what was left out at the top", () => {
    const gap = { kind: "gap", replica: 0, bytes: 3 } as const;
    const now = append(EMPTY, [gap, aPiece("c\n"), gap, aPiece("e\n")], ALL);
    const longer = prependLines(now, [aLine("a"), aLine("b")]);
    const shown = linesOf(longer);
    expect(shown.map((line) => line.notice)).toEqual([false, false, false, true, false]);
    expect(longer.lineCount).toBe(5);
    expect(new Set(shown.map((line) => line.id)).size).toBe(5);
  });

  test("leaves the blocks that are shown the same objects", () => {
    const now = after("c\n");
    expect(prependLines(now, [aLine("b")]).blocks.at(-1)).toBe(now.blocks[0] as never);
  });
});

test("later output is put after what is shown", () => {
  expect(texts(appendLines(appendLines(EMPTY, [aLine("a")]), [aLine("b")]))).toEqual(["a", "b"]);
});

describe("what is held", () => {
  const many = (count: number) =>
    append(EMPTY, [aPiece(Array.from({ length: count }, (_, i) => `${i}\n`).join(""))], ALL);

  test("stays as it is while it is little", () => {
    const now = many(100);
    expect(trimmed(now, 5000)).toBe(now);
  });

  test("is cut to whole blocks that hold as many lines as asked for", () => {
    const now = trimmed(many(1000), 300);
    expect(now.lineCount).toBe(400);
    expect(texts(now).at(-1)).toBe("999");
    expect(now.cut).toBe(true);
  });

  test("is cut when its lines are long, too", () => {
    const long = `${"x".repeat(16_000)}\n`.repeat(400);
    expect(trimmed(append(EMPTY, [aPiece(long)], ALL), ALL).lineCount).toBe(200);
  });
});
