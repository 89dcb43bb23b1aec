import { expect, test } from "bun:test";
import type { Arrival } from "../../public/output/assemble.ts";
import { createDecoder, fromBase64 } from "../../public/output/decode.ts";
import { createPending } from "../../public/output/pending.ts";
import { aPiece } from "./output-lines.ts";

const gap = (bytes: number, replica = 0): Arrival => ({ kind: "gap", replica, bytes });

test("what waits is taken whole, in its order, once", () => {
  const pending = createPending();
  pending.add(aPiece("a\n"));
  pending.add(gap(5));
  pending.add(aPiece("b\nc\n"));
  expect(pending.lines()).toBe(3);
  expect(pending.take()).toEqual([aPiece("a\n"), gap(5), aPiece("b\nc\n")]);
  expect(pending.take()).toEqual([]);
  expect(pending.lines()).toBe(0);
});

test("of too much, the oldest goes, and a gap of its replica says how much", () => {
  const pending = createPending();
  const mega = "x".repeat(1024 * 1024);
  const other = { replica: 1 };
  for (const each of [aPiece(mega), gap(7, 1), aPiece(mega, other), aPiece(mega), aPiece(mega)])
    pending.add(each);
  expect(pending.take()).toEqual([gap(mega.length), gap(7 + mega.length, 1), aPiece(mega), aPiece(mega)]);
  expect(pending.take()).toEqual([]);
});

test("base64 becomes the bytes that it stands for, all 256 of them", () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
  expect(fromBase64(Buffer.from(bytes).toString("base64"))).toEqual(bytes);
});

test("a character that is cut is put together, although another source writes between its parts", () => {
  const decode = createDecoder();
  const of = (stream: "stdout" | "stderr", bytes: number[]) =>
    decode({ time: null, stream, run: "1", replica: 0, data: Buffer.from(bytes).toString("base64") });
  const [first = 0, second = 0] = Buffer.from("ä");
  expect(of("stdout", [first])).toBe("");
  expect(of("stderr", [0x62])).toBe("b");
  expect(of("stdout", [second])).toBe("ä");
});
