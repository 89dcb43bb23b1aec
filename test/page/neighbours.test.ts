import { describe, expect, test } from "bun:test";
import type { RawLine } from "../../public/output/lines.ts";
import { bottomEdge, type Edge, linesAfter, linesBefore, topEdge } from "../../public/output/neighbours.ts";
import { appendLines, EMPTY, linesOf } from "../../public/output/transcript.ts";
import { noticeLine } from "../../public/output/lines.ts";
import { aLine } from "./output-lines.ts";

/** "a1 b1 c2" → lines a and b of time 1, c of time 2. */
const lines = (words: string): RawLine[] =>
  words
    .split(" ")
    .filter((word) => word !== "")
    .map((word) => aLine(word.slice(0, -1), { time: Number(word.slice(-1)) }));
const shown = (raw: readonly RawLine[]) => linesOf(appendLines(EMPTY, raw));
const texts = (some: readonly RawLine[]) => some.map((line) => line.text).join(" ");

function edgeOf(edge: Edge | null): Edge {
  if (edge === null) throw new Error("There is no edge");
  return edge;
}

describe("the edge of what is shown", () => {
  test("is all lines of the first time, or of the last", () => {
    const all = shown(lines("a1 b1 c2 d3 e3"));
    expect([topEdge(all)?.time, texts(topEdge(all)?.lines ?? [])]).toEqual([1, "a b"]);
    expect([bottomEdge(all)?.time, texts(bottomEdge(all)?.lines ?? [])]).toEqual([3, "d e"]);
  });

  test("is everything where all has one time", () => {
    const all = shown(lines("a1 b1"));
    expect(texts(topEdge(all)?.lines ?? [])).toBe("a b");
    expect(texts(bottomEdge(all)?.lines ?? [])).toBe("a b");
  });

  test("is none where nothing is shown, or its time is not known", () => {
    expect(topEdge([])).toBeNull();
    expect(topEdge(shown([aLine("a", { time: null })]))).toBeNull();
  });

  test("does not count the page's own words", () => {
    const all = shown([noticeLine(0, "missed"), ...lines("a1 b2"), noticeLine(0, "missed")]);
    expect(texts(topEdge(all)?.lines ?? [])).toBe("a");
    expect(texts(bottomEdge(all)?.lines ?? [])).toBe("b");
  });
});

describe("what is read beyond the edge", () => {
  const before: readonly (readonly [what: string, now: string, read: string, gives: string])[] = [
    ["what is shown already is left out", "c2 d3", "a1 b2 c2", "a b"],
    ["also where all has one time", "c1 d1", "a1 b1 c1 d1", "a b"],
    ["also where lines are the same", "x1 x1", "x1 x1 x1 x1", "x x"],
    ["also where others have come since", "c1", "a1 b1 c1 e1", "a b"],
    ["nothing", "a1", "a1", ""],
    ["what is not found again is parted by its time", "gone2", "a1 b2", "a"],
  ];
  test.each(before)("before: %s", (_, now, read, gives) => {
    expect(texts(linesBefore(lines(read), edgeOf(topEdge(shown(lines(now))))))).toBe(gives);
  });

  const after: readonly (readonly [what: string, now: string, read: string, gives: string])[] = [
    ["what is shown already is left out", "a1 b2", "b2 c2 d3", "c d"],
    ["also where lines are the same", "x1 x1", "x1 x1 x1", "x"],
    ["nothing", "a1", "a1", ""],
    ["what is not found again is parted by its time", "gone2", "b2 c3", "c"],
  ];
  test.each(after)("after: %s", (_, now, read, gives) => {
    expect(texts(linesAfter(lines(read), edgeOf(bottomEdge(shown(lines(now))))))).toBe(gives);
  });

  test("a line of another replica with the same words is another line", () => {
    const edge = edgeOf(topEdge(shown(lines("x1"))));
    expect(linesBefore([aLine("x", { replica: 1, time: 1 })], edge)).toEqual([]);
  });
});
