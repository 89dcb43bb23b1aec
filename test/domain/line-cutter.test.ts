import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { LineCutter } from "../../src/domain/line-cutter.ts";
import type { OutputPiece } from "../../src/domain/output.ts";

const piece = (text: string, more: Partial<OutputPiece> = {}): OutputPiece => ({
  alias: "web:0",
  time: 1,
  stream: "stdout",
  run: "r1",
  bytes: new TextEncoder().encode(text),
  to: "2026-11-22:0",
  missed_bytes: 0,
  ...more,
});
const texts = (lines: readonly { bytes: Uint8Array }[]) =>
  lines.map(({ bytes }) => Buffer.from(bytes).toString());

describe("lines", () => {
  test("are whole, with the time of their end", () => {
    const cutter = new LineCutter();
    expect(cutter.cut(piece("he"))).toEqual([]);
    const [line, ...others] = cutter.cut(piece("llo\nwor", { time: 2 }));
    expect(others).toEqual([]);
    expect([line?.time, texts(line === undefined ? [] : [line])]).toEqual([2, ["hello\n"]]);
    expect(texts(cutter.flush("web:0"))).toEqual(["wor"]);
    expect(cutter.flush("web:0")).toEqual([]);
  });

  test("of two streams, two runs and two replicas do not mix", () => {
    const cutter = new LineCutter();
    const writers = [{}, { stream: "stderr" as const }, { run: "r2" }, { alias: "web:1" }];
    for (const [i, writer] of writers.entries()) cutter.cut(piece(`${i}`, writer));
    expect(writers.flatMap((writer) => texts(cutter.cut(piece("x\n", writer))))).toEqual([
      "0x\n",
      "1x\n",
      "2x\n",
      "3x\n",
    ]);
  });

  test("without an end come in parts of 64 KiB", () => {
    const cutter = new LineCutter();
    const lines = cutter.cut(piece("x".repeat(150_000)));
    expect(lines.map(({ bytes }) => bytes.length)).toEqual([65_536, 65_536]);
    expect(cutter.flush("web:0")[0]?.bytes.length).toBe(150_000 - 131_072);
  });

  test("left unfinished by ever new runs are given up by and by", () => {
    const cutter = new LineCutter();
    const given = Array.from({ length: 20 }, (_, i) => cutter.cut(piece(`${i}`, { run: `r${i}` }))).flat();
    expect(texts(given)).toEqual(Array.from({ length: 12 }, (_, i) => `${i}`));
  });

  test("are the same however the bytes are cut", () => {
    const parts = fc.array(fc.string({ unit: fc.constantFrom("a", "\n", "é") }));
    fc.assert(
      fc.property(parts, (cut) => {
        const cutter = new LineCutter();
        const lines = [...cut.flatMap((text) => cutter.cut(piece(text))), ...cutter.flush("web:0")];
        expect(texts(lines)).toEqual(cut.join("").match(/[^\n]*\n|[^\n]+/g) ?? []);
      }),
    );
  });
});
