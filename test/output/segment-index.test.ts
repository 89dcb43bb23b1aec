import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { INDEX_BYTES, encodeHeader, encodeRecord, encodeRun } from "../../src/output/index-format.ts";
import { SegmentIndex } from "../../src/output/reading/segment-index.ts";

const COUNT = 3000;
let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "meproc-index-"));
  path = join(folder, "a.idx");
  const records = Buffer.alloc(COUNT * INDEX_BYTES);
  // three records share each time
  for (let i = 0; i < COUNT; i++) {
    encodeRecord(records, i * INDEX_BYTES, i * 10, 10, Math.floor(i / 3), "stdout", encodeRun(null));
  }
  const header = encodeHeader({ format: "raw", number: 1, base: 0, made: 0 });
  writeFileSync(path, Buffer.concat([header, records, Buffer.alloc(7, 1)]));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("any record is found, in any order of asking, and a torn one is not there", async () => {
  const index = await SegmentIndex.of(await open(path));
  expect(index?.count).toBe(COUNT);
  for (const i of [0, 2999, 1500, 1499, 1372, 1628, 256, 255, 257, 1, 2744]) {
    expect((await index?.at(i))?.offset).toBe(i * 10);
    expect((await index?.from(i))?.[0]?.offset).toBe(i * 10);
  }
  expect(await index?.from(COUNT)).toEqual([]);
  for (let time = 0; time <= 1000; time += 37) {
    expect(await index?.find((record) => record.time >= time)).toBe(Math.min(COUNT, time * 3));
  }
  expect(await index?.covered()).toBe(COUNT * 10);
  await index?.close();
});

test("what is no index is none", async () => {
  writeFileSync(path, "something else that is long enough");
  const file = await open(path);
  expect(await SegmentIndex.of(file)).toBeNull();
  await file.close();
});
