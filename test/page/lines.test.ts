import { describe, expect, test } from "bun:test";
import {
  cutLines,
  keyOf,
  type Line,
  makeLine,
  noticeLine,
  pushLines,
  withoutLast,
} from "../../public/output/lines.ts";
import { aLine } from "./output-lines.ts";

const ESC = "\u001b";
const lines = (from: number, count: number): Line[] =>
  Array.from({ length: count }, (_, i) => makeLine(from + i, aLine(`line ${from + i}`), ""));
const sizes = (blocks: readonly { lines: readonly Line[] }[]) => blocks.map((block) => block.lines.length);

describe("lines", () => {
  test("are numbered, and hand their styles on to the next", () => {
    const raw = [`${ESC}[31ma`, "b", `c${ESC}[0m`, "d"].map((text) => aLine(text));
    const cut = cutLines(raw, new Map(), 7);
    expect(cut.lines.map(({ id, carry }) => [id, carry])).toEqual([
      [7, ""],
      [8, `${ESC}[31m`],
      [9, `${ESC}[31m`],
      [10, ""],
    ]);
    expect(cut.carries).toEqual(new Map());
  });

  test("hand their styles on within their own source only", () => {
    const red = aLine(`${ESC}[31mred`, { stream: "stderr" });
    const raw = [red, aLine("plain"), noticeLine(0, "missed"), aLine("still red", { stream: "stderr" })];
    const cut = cutLines(raw, new Map(), 0);
    expect(cut.lines.map(({ carry }) => carry)).toEqual(["", "", "", `${ESC}[31m`]);
    expect(cut.carries).toEqual(new Map([[keyOf(red), `${ESC}[31m`]]));
  });

  test("that are very long are cut, and say how much is missing", () => {
    const { text } = makeLine(0, aLine("x".repeat(20_000)), "");
    expect(text).toBe(`${"x".repeat(16_384)} … (3616 more characters)`);
  });
});

describe("blocks of lines", () => {
  test("are filled up before a new one is begun", () => {
    const first = pushLines([], lines(0, 150));
    const second = pushLines(first, lines(150, 300));
    expect(sizes(first)).toEqual([150]);
    expect(sizes(second)).toEqual([200, 200, 50]);
    expect(second.flatMap((block) => block.lines).map(({ id }) => id)).toEqual(
      Array.from({ length: 450 }, (_, i) => i),
    );
  });

  test("that are full stay the same object, so that they are not drawn again", () => {
    const before = pushLines([], lines(0, 250));
    const after = pushLines(before, lines(250, 1));
    expect(after[0]).toBe(before[0] as never);
    expect(after[1]).not.toBe(before[1] as never);
  });

  test("know how many characters they hold", () => {
    const two = [makeLine(0, aLine("abc"), ""), makeLine(1, aLine("de"), "")];
    expect(pushLines([], two)[0]?.chars).toBe(5);
  });

  test("lose their last lines, and a block without any goes", () => {
    const blocks = pushLines([], lines(0, 402));
    expect(sizes(withoutLast(blocks, 1))).toEqual([200, 200, 1]);
    expect(sizes(withoutLast(blocks, 2))).toEqual([200, 200]);
    expect(sizes(withoutLast(blocks, 203))).toEqual([199]);
    expect(withoutLast(blocks, 0)).toBe(blocks);
    expect(withoutLast([], 1)).toEqual([]);
  });
});
