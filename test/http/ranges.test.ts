import { expect, test } from "bun:test";
import { type Range, rangeOf } from "../../src/http/ranges.ts";

const ROWS: readonly (readonly [string | null, Range | "unsatisfiable" | null])[] = [
  [null, null],
  ["bytes=0-", { from: 0, to: 10 }],
  ["bytes=0-0", { from: 0, to: 1 }],
  ["bytes=3-5", { from: 3, to: 6 }],
  ["bytes=3-500", { from: 3, to: 10 }],
  ["bytes=9-", { from: 9, to: 10 }],
  ["bytes=10-", "unsatisfiable"],
  ["bytes=-3", { from: 7, to: 10 }],
  ["bytes=-300", { from: 0, to: 10 }],
  ["bytes=-0", "unsatisfiable"],
  ["bytes=5-3", null],
  ["bytes=-", null],
  ["bytes=0-1,4-5", null],
  ["bytes=a-b", null],
  ["lines=0-1", null],
];

test.each(ROWS)("%j of ten bytes is %j", (header, range) => expect(rangeOf(header, 10)).toEqual(range));

test("of an empty file there is nothing to be had in part", () => {
  expect([rangeOf("bytes=0-", 0), rangeOf("bytes=-5", 0), rangeOf(null, 0)]).toEqual([
    "unsatisfiable",
    "unsatisfiable",
    null,
  ]);
});
