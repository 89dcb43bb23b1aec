import { describe, expect, test } from "bun:test";
import { type Arrival, assemble } from "../../public/output/assemble.ts";
import { aLine, aPiece } from "./output-lines.ts";

const texts = (arrivals: readonly Arrival[]) => {
  const { lines, tails } = assemble([], arrivals);
  return [lines.map((line) => line.text), tails.map((line) => line.text)];
};

describe("pieces of one source", () => {
  const rows: readonly (readonly [what: string, pieces: string[], lines: string[], tails: string[]])[] = [
    ["nothing is no line", [""], [], []],
    ["whole lines", ["a\nb\n"], ["a", "b"], []],
    ["a line that has not ended waits", ["a\nb"], ["a"], ["b"]],
    ["a line that comes in pieces is one line", ["a", "b", "c\nd"], ["abc"], ["d"]],
    ["an empty line is a line", ["a\n\nb\n"], ["a", "", "b"], []],
  ];
  test.each(rows)("%s", (_, pieces, lines, tails) => {
    expect(texts(pieces.map((text) => aPiece(text)))).toEqual([lines, tails]);
  });

  test("a line has the time of its end", () => {
    const { lines, tails } = assemble([], [aPiece("a", { time: 1 }), aPiece("b\nc", { time: 2 })]);
    expect(lines).toEqual([aLine("ab", { time: 2 })]);
    expect(tails).toEqual([aLine("c", { time: 2 })]);
  });

  test("a line without an end comes in pieces of 64 KiB", () => {
    const { lines, tails } = assemble([], [aPiece("x".repeat(200_000))]);
    expect(lines.map((line) => line.text.length)).toEqual([65_536, 65_536, 65_536]);
    expect(tails.map((line) => line.text.length)).toEqual([200_000 - 3 * 65_536]);
  });
});

describe("pieces of several sources", () => {
  test("that lie between each other are put together by source, in the order in which lines end", () => {
    const pieces = [
      aPiece("out "),
      aPiece("err ", { stream: "stderr" }),
      aPiece("other ", { replica: 1 }),
      aPiece("wrong\n", { stream: "stderr" }),
      aPiece("fine\n"),
    ];
    expect(texts(pieces)).toEqual([["err wrong", "out fine"], ["other "]]);
  });

  test("what a run left without an end is a line once the next run writes", () => {
    const pieces = [aPiece("half"), aPiece("new\n", { run: "2" })];
    expect(texts(pieces)).toEqual([["half", "new"], []]);
  });

  test("the one that was written to last stands last", () => {
    const pieces = [aPiece("a"), aPiece("b", { replica: 1 }), aPiece("a")];
    expect(texts(pieces)).toEqual([[], ["b", "aa"]]);
  });
});

test("a gap ends the lines of its replica, and says how much is left out", () => {
  const pieces: Arrival[] = [
    aPiece("half"),
    aPiece("whole ", { replica: 1 }),
    { kind: "gap", replica: 0, bytes: 1500 },
    aPiece("rest\n"),
    aPiece("line\n", { replica: 1 }),
  ];
  const { lines } = assemble([], pieces);
  expect(lines.map((line) => [line.notice, line.text])).toEqual([
    [false, "half"],
    [true, expect.stringContaining("1.5 KB are left out here")],
    [false, "rest"],
    [false, "whole line"],
  ]);
});
