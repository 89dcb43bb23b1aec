import { describe, expect, test } from "bun:test";
import { carryOver, type Run, settle, styledRuns } from "../../public/output/ansi.ts";

const ESC = "\u001b";
const run = (text: string, classes = "", color: string | null = null, background: string | null = null) =>
  ({ text, classes, color, background }) satisfies Run;

describe("a line becomes runs of text with a style", () => {
  const rows: readonly (readonly [what: string, line: string, carry: string, runs: Run[]])[] = [
    ["plain text is one run", "plain", "", [run("plain")]],
    [
      "a colour lasts until it is reset",
      `${ESC}[31mred${ESC}[0m x`,
      "",
      [run("red", "ansi-red-fg"), run(" x")],
    ],
    ["styles of earlier lines go on", "on", `${ESC}[1m${ESC}[32m`, [run("on", "ansi-green-fg ansi-bold")]],
    ["a bright colour", `${ESC}[91mx`, "", [run("x", "ansi-bright-red-fg")]],
    ["the first sixteen of 256 colours are named", `${ESC}[38;5;3mx`, "", [run("x", "ansi-yellow-fg")]],
    ["one of the colour cube", `${ESC}[38;5;208mx`, "", [run("x", "ansi-rgb-fg", "255, 135, 0")]],
    ["one of the greys", `${ESC}[38;5;250mx`, "", [run("x", "ansi-rgb-fg", "188, 188, 188")]],
    ["a background of 24 bits", `${ESC}[48;2;1;2;3mx`, "", [run("x", "ansi-rgb-bg", null, "1, 2, 3")]],
    ["inverse swaps the colours", `${ESC}[7mx`, "", [run("x", "ansi-black-fg ansi-white-bg")]],
    [
      "one attribute ends and others stay",
      `${ESC}[4munder${ESC}[24mnot`,
      "",
      [run("under", "ansi-underline"), run("not")],
    ],
    ["moves of the cursor leave nothing", `${ESC}[2Jx${ESC}[1;1Hy`, "", [run("x"), run("y")]],
    ["control characters leave nothing, a tab stays", "a\u0000b\u0007\tc", "", [run("ab\tc")]],
    ["an escape that is cut off leaves nothing", `x${ESC}`, "", [run("x")]],
    ["markup is text", "<img src=x onerror=alert(1)>&amp;", "", [run("<img src=x onerror=alert(1)>&amp;")]],
  ];
  test.each(rows)("%s", (_, line, carry, runs) => {
    expect(styledRuns(line, carry)).toEqual(runs);
  });
});

describe("the styles that are on after a line", () => {
  const rows: readonly (readonly [what: string, line: string, before: string, after: string])[] = [
    ["without an escape are those before it", "x", `${ESC}[1m`, `${ESC}[1m`],
    ["are those that it sets", `${ESC}[31mx`, "", `${ESC}[31m`],
    ["are added to those before it", `${ESC}[31mx`, `${ESC}[1m`, `${ESC}[1m${ESC}[31m`],
    ["are none after a reset", `${ESC}[31mx${ESC}[0m`, `${ESC}[1m`, ""],
    ["are none after a reset without a number", `${ESC}[31mx${ESC}[m`, "", ""],
    ["hold each code once, the last", `${ESC}[31m${ESC}[32m${ESC}[31m`, "", `${ESC}[32m${ESC}[31m`],
  ];
  test.each(rows)("%s", (_, line, before, after) => {
    expect(carryOver(line, before)).toBe(after);
  });

  test("are bounded, however many codes there are", () => {
    const codes = Array.from({ length: 100_000 }, (_, i) => `${ESC}[38;2;1;1;${i}m`);
    expect(carryOver(codes.join(""), "")).toBe(codes.slice(-24).join(""));
  });
});

describe("what a terminal would show of a line", () => {
  const rows: readonly (readonly [what: string, line: string, shown: string])[] = [
    ["a carriage return writes over what stands there", "1 %\r50 %\r100 %", "100 %"],
    ["a carriage return at the end is none", "abc\r\r", "abc"],
    ["a backspace takes a character back", "ab\bc", "ac"],
    ["a backspace takes no more than there is", "\b\bx", "x"],
    ["backspaces in a row", "abc\b\bX", "aX"],
    ["a window's title is not shown", `${ESC}]0;title\u0007text`, "text"],
    ["a link is its text", `${ESC}]8;;http://x${ESC}\\link${ESC}]8;;${ESC}\\`, "link"],
    ["a choice of characters is not shown", `${ESC}(Bx`, "x"],
    ["a device string is not shown", `${ESC}Pq${ESC}\\z`, "z"],
    ["a colour stays for what makes runs of it", `${ESC}[31mx`, `${ESC}[31mx`],
  ];
  test.each(rows)("%s", (_, line, shown) => {
    expect(settle(line)).toBe(shown);
  });

  test.each([
    ["backspaces", "x".repeat(500_000) + "\b".repeat(500_000), ""],
    ["carriage returns", `${"\r".repeat(500_000)}x${"\r".repeat(500_000)}`, "x"],
    ["carriage returns and no text", "\r".repeat(500_000), ""],
  ])("is found at once, also of many %s", (_, line, shown) => {
    const began = performance.now();
    expect(settle(line)).toBe(shown);
    expect(performance.now() - began).toBeLessThan(1000);
  });
});
