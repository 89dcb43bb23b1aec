import { describe, expect, test } from "bun:test";
import { readNdjson } from "../../public/api/ndjson.ts";
import { styledRuns, withSpans } from "../../public/output/ansi.ts";
import {
  countFields,
  fromLocalField,
  isFollowed,
  NO_FILTER,
  toLocalField,
} from "../../public/output/filter.ts";
import { makeLine, noticeLine } from "../../public/output/lines.ts";
import { markerOf, patternOf, spansIn } from "../../public/output/pattern.ts";
import { plainText } from "../../public/output/plain-text.ts";
import { aLine } from "./output-lines.ts";

const ESC = "\u001b";
const search = (text: string, change: { regex?: boolean; matchCase?: boolean } = {}) => ({
  text,
  regex: false,
  matchCase: false,
  ...change,
});

describe("what is searched for", () => {
  test("is taken letter by letter, unless it is an expression", () => {
    expect(patternOf(search("a.b (c) [d] $^*+?{}|\\"))).toBe(
      "a\\.b \\(c\\) \\[d\\] \\$\\^\\*\\+\\?\\{\\}\\|\\\\",
    );
    expect(patternOf(search("a.b", { regex: true }))).toBe("a.b");
  });

  test("is marked wherever it is found", () => {
    const marks = (text: string, what: ReturnType<typeof search>) => {
      const marker = markerOf(what);
      return marker && spansIn(text, marker);
    };
    expect(marks("a.b A.B axb", search("a.b"))).toEqual([
      { from: 0, to: 3 },
      { from: 4, to: 7 },
    ]);
    expect(marks("a.b A.B", search("A.B", { matchCase: true }))).toEqual([{ from: 4, to: 7 }]);
    expect(marks("aaa", search("b*", { regex: true }))).toEqual([]);
    expect(marks("x".repeat(3000), search("x"))).toEqual([]);
    expect(marks("(", search("(", { regex: true }))).toBeNull();
  });

  test("is a run of its own, across colours", () => {
    const runs = withSpans(styledRuns(`ab${ESC}[31mcd${ESC}[0mef`, ""), [{ from: 1, to: 3 }]);
    expect(runs.map((run) => [run.text, run.classes, run.found])).toEqual([
      ["a", "", false],
      ["b", "", true],
      ["c", "ansi-red-fg", true],
      ["d", "ansi-red-fg", false],
      ["ef", "", false],
    ]);
  });
});

describe("a filter", () => {
  test("follows as long as nothing of the past is looked for", () => {
    expect(isFollowed({ ...NO_FILTER, replica: 1, stream: "stderr", run: "1" })).toBe(true);
    expect(isFollowed({ ...NO_FILTER, search: search("x") })).toBe(false);
    expect(isFollowed({ ...NO_FILTER, until: "2026-11-22T12:00:00.000Z" })).toBe(false);
  });

  test("counts what can be folded away", () => {
    expect(countFields({ ...NO_FILTER, replica: 1, search: search("x") })).toBe(0);
    expect(countFields({ ...NO_FILTER, stream: "stderr", since: "2026-11-22T12:00:00.000Z" })).toBe(2);
  });

  test("keeps a time to the second through the field for it", () => {
    const time = "2026-01-02T03:04:05.000Z";
    expect(fromLocalField(toLocalField(time))).toBe(time);
    expect(toLocalField(null)).toBe("");
    expect(fromLocalField("")).toBeNull();
    expect(fromLocalField("2026-13-")).toBeNull();
  });
});

test("what is shown is taken home without colours, with the times and names that stand beside it", () => {
  const red = makeLine(0, aLine(`${ESC}[31mred${ESC}[0m`), "");
  const lines = [red, makeLine(1, noticeLine(0, "missed"), ""), makeLine(2, aLine("x", { time: null }), "")];
  expect(plainText(lines, { times: false, aliases: null })).toBe("red\n(missed)\nx\n");
  expect(plainText(lines, { times: true, aliases: new Map([[0, "web:0"]]) })).toBe(
    "1970-01-01T00:00:01.000Z web:0 red\n(missed)\n- web:0 x\n",
  );
});

describe("an answer of one value to a line", () => {
  test("is read whole, wherever it is cut", async () => {
    const bytes = new TextEncoder().encode('{"a":"ä"}\n{"a":2}\n');
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start: (controller) => {
        for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
        controller.close();
      },
    });
    expect(await readNdjson<unknown>(new Response(body))).toEqual([{ a: "ä" }, { a: 2 }]);
  });

  test("that breaks off is an error", async () => {
    await expect(readNdjson(new Response('{"a":1}\n{"a"'))).rejects.toBeInstanceOf(SyntaxError);
  });
});
