import { describe, expect, test } from "bun:test";
import {
  cutLines,
  dropBefore,
  type Line,
  makeLine,
  pushLines,
  withoutLast,
} from "../../public/output/lines.ts";

const ESC = "\u001b";
const lines = (from: number, count: number): Line[] =>
  Array.from({ length: count }, (_, i) => makeLine(from + i, `line ${from + i}`, ""));
const sizes = (blocks: readonly { lines: readonly Line[] }[]) => blocks.map((block) => block.lines.length);

describe("lines", () => {
  test("are numbered, and hand their styles on to the next", () => {
    const cut = cutLines([`${ESC}[31ma`, "b", `c${ESC}[0m`, "d"], "", 7);
    expect(cut.lines.map(({ id, carry }) => [id, carry])).toEqual([
      [7, ""],
      [8, `${ESC}[31m`],
      [9, `${ESC}[31m`],
      [10, ""],
    ]);
    expect(cut.carry).toBe("");
  });

  test("that are very long are cut, and say how much is missing", () => {
    const { text } = makeLine(0, "x".repeat(20_000), "");
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
    expect(pushLines([], [makeLine(0, "abc", ""), makeLine(1, "de", "")])[0]?.chars).toBe(5);
  });

  test("lose their last line, and a block of one line goes", () => {
    expect(sizes(withoutLast(pushLines([], lines(0, 201))))).toEqual([200]);
    expect(sizes(withoutLast(pushLines([], lines(0, 2))))).toEqual([1]);
    expect(withoutLast([])).toEqual([]);
  });

  test("are dropped before a line, in the middle of a block as well", () => {
    const rest = dropBefore(pushLines([], lines(0, 450)), 250);
    expect(sizes(rest)).toEqual([150, 50]);
    expect(rest[0]?.lines[0]?.id).toBe(250);
  });
});
