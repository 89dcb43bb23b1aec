import { expect, test } from "bun:test";
import { fromBase64 } from "../../public/output/decode.ts";
import { type Arrival, createPending } from "../../public/output/pending.ts";

const text = (words: string): Arrival => ({ kind: "text", text: words, from: null, to: null });

test("what waits is taken whole, in its order, once", () => {
  const pending = createPending();
  pending.add(text("a\n"));
  pending.add({ kind: "gap", bytes: 5 });
  pending.add(text("b\nc\n"));
  expect(pending.lines()).toBe(3);
  expect(pending.take()).toEqual([text("a\n"), { kind: "gap", bytes: 5 }, text("b\nc\n")]);
  expect(pending.take()).toEqual([]);
  expect(pending.lines()).toBe(0);
});

test("of too much, the oldest goes, and a gap says how much", () => {
  const pending = createPending();
  const mega = "x".repeat(1024 * 1024);
  for (const each of [mega, mega, mega]) pending.add(text(each));
  expect(pending.take()).toEqual([{ kind: "gap", bytes: mega.length }, text(mega), text(mega)]);
});

test("base64 becomes the bytes that it stands for, all 256 of them", () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
  expect(fromBase64(Buffer.from(bytes).toString("base64"))).toEqual(bytes);
});
