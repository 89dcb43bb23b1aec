/** Reading over rows of segments: formats, pages, and what happens to files between two looks. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { OutputQuery } from "../../src/domain/output.ts";
import {
  type Format,
  INDEX_BYTES,
  encodeHeader,
  encodeRecord,
  encodeRun,
} from "../../src/output/index-format.ts";
import { FileReader } from "../../src/output/reader.ts";
import { ModelLog } from "./log-model.ts";

const NOON = Date.UTC(2026, 10, 22, 12);
const RUN = "019b0000-0000-7000-8000-000000000001";
const EVERYTHING: OutputQuery = {
  aliases: ["web:0"],
  stream: null,
  run: null,
  since: null,
  until: null,
  tail: null,
  grep: null,
  limit: null,
};
let folder: string;
let reader: FileReader;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "meproc-segments-"));
  reader = new FileReader({
    directory: folder,
    capture: { sync: async () => undefined, onGrowth: () => () => undefined },
    startGrep: () => {
      throw new Error("nothing is searched here");
    },
    wall: () => NOON,
  });
});
afterEach(() => rmSync(folder, { recursive: true }));

const text = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString();

async function lines(change: Partial<OutputQuery> = {}) {
  const found = [];
  for await (const batch of reader.lines({ ...EVERYTHING, ...change }, new AbortController().signal)) {
    found.push(...batch.map(({ time, stream, bytes }) => [time, stream, text(bytes)]));
  }
  return found;
}

async function bytes(change: Partial<OutputQuery> = {}): Promise<string> {
  const parts = [];
  for await (const part of reader.bytes({ ...EVERYTHING, ...change }, new AbortController().signal))
    parts.push(part);
  return Buffer.concat(parts).toString();
}

describe("a file in a format", () => {
  const write = (format: Format, content: readonly (readonly ["stdout" | "stderr", string])[]) => {
    const all = content.map(([, line]) => Buffer.from(line));
    const index = Buffer.alloc(INDEX_BYTES * (content.length + 1));
    encodeHeader({ format, number: 1, base: 0, made: NOON }).copy(index);
    let at = 0;
    for (const [i, [stream, line]] of content.entries()) {
      encodeRecord(
        index,
        (i + 1) * INDEX_BYTES,
        at,
        Buffer.byteLength(line),
        NOON + i,
        stream,
        encodeRun(RUN),
      );
      at += Buffer.byteLength(line);
    }
    writeFileSync(join(folder, "web:0-2026-11-22.log"), Buffer.concat(all));
    writeFileSync(join(folder, "web:0-2026-11-22.log.idx"), index);
  };
  const timestamped = [
    ["stdout", "2026-11-22T12:00:00.000Z stdout one\n2026-11-22T12:00:00.000Z stdout \n"],
    ["stderr", "2026-11-22T12:00:00.001Z stderr zwölf\n"],
  ] as const;
  const json = [
    [
      "stdout",
      '{"time":"2026-11-22T12:00:00.000Z","stream":"stdout","text":"one"}\n{"time":"2026-11-22T12:00:00.000Z","stream":"stdout","text":""}\n',
    ],
    ["stderr", '{"time":"2026-11-22T12:00:00.001Z","stream":"stderr","text":"zwölf"}\n'],
  ] as const;

  for (const [format, content] of [
    ["timestamped", timestamped],
    ["json", json],
  ] as const) {
    test(`${format}: lines come as they were written`, async () => {
      write(format, content);
      const all = [
        [NOON, "stdout", "one\n"],
        [NOON, "stdout", "\n"],
        [NOON + 1, "stderr", "zwölf\n"],
      ];
      expect(await lines()).toEqual(all);
      expect(await lines({ stream: "stderr" })).toEqual(all.slice(2));
      expect(await lines({ tail: 2 })).toEqual(all.slice(1));
      expect(await bytes()).toBe("one\n\nzwölf\n");
      const stream = reader.pieces(
        { aliases: ["web:0"], stream: null, run: null },
        { tail: 3 },
        new AbortController().signal,
      );
      expect(text((await stream.next()).value?.bytes)).toBe("one\n\n");
      const size = content.reduce((sum, [, line]) => sum + Buffer.byteLength(line), 0);
      expect((await stream.next()).value).toMatchObject({ to: `2026-11-22:${size}`, stream: "stderr" });
      await stream.return(undefined);
    });
  }

  test("of an older version, without an index, has lines without time and stream", async () => {
    writeFileSync(join(folder, "web:0-2026-11-22.log"), "plain\n");
    expect(await lines()).toEqual([[null, null, "plain\n"]]);
  });
});

test("pages go back over segments and compressed ones, and positions stay", async () => {
  const log = new ModelLog(folder, "web:0");
  log.write(NOON, "stdout", RUN, "a1\na2\n");
  log.rotate();
  log.write(NOON, "stdout", RUN, "b1\nb2\nb3\n");
  log.rotate();
  log.compress(0);
  log.write(NOON, "stdout", RUN, "c1\n");
  const seen: string[] = [];
  let before: string | null = null;
  for (let more = true; more;) {
    const page = await reader.page("web:0", before, 7);
    seen.unshift(text(page.bytes));
    before = page.from;
    more = page.more;
  }
  expect(seen.join("")).toBe("a1\na2\nb1\nb2\nb3\nc1\n");
  expect(text(await reader.today("web:0", 8))).toBe("2\nb3\nc1\n");
  log.removeOldest();
  expect(await reader.page("web:0", "2026-11-22:12", 100)).toMatchObject({
    from: "2026-11-22:6",
    more: false,
  });
  expect(text((await reader.page("web:0", "2026-11-22:12", 100)).bytes)).toBe("b1\nb2\n");
});

test("a segment that is filled and compressed between two batches is read on", async () => {
  const log = new ModelLog(folder, "web:0");
  const wanted: string[] = [];
  for (let i = 0; i < 20_000; i++) wanted.push(`line ${i} ${"x".repeat(40)}\n`);
  for (let at = 0; at < wanted.length; at += 1000)
    log.write(NOON, "stdout", RUN, wanted.slice(at, at + 1000).join(""));
  const stream = reader.lines(EVERYTHING, new AbortController().signal);
  const found = [...((await stream.next()).value ?? [])];
  expect(found.length).toBeLessThan(wanted.length);
  log.rotate();
  log.write(NOON, "stdout", RUN, "later\n");
  log.compress(0);
  for await (const batch of stream) found.push(...batch);
  expect(found.map(({ bytes: each }) => text(each)).join("")).toBe(wanted.join(""));
});

test("output that is removed while it is read ends, and is no error", async () => {
  const log = new ModelLog(folder, "web:0");
  for (let i = 0; i < 5; i++) {
    log.write(NOON + i, "stdout", RUN, `${i}\n`.repeat(100_000));
    log.rotate();
  }
  const stream = reader.bytes({ ...EVERYTHING, since: NOON }, new AbortController().signal);
  await stream.next();
  for (let i = 0; i < 3; i++) log.removeOldest();
  const parts = [];
  for await (const part of stream) parts.push(part);
  expect(Buffer.concat(parts).toString()).toEndWith("4\n");
});

test("a line that was not finished does not run into the next source's", async () => {
  new ModelLog(folder, "web:0").write(NOON, "stdout", RUN, "begun");
  new ModelLog(folder, "web:1").write(NOON + 1, "stdout", RUN, "other\n");
  expect(await bytes({ aliases: ["web:0", "web:1"] })).toBe("begun\nother\n");
  expect(await bytes()).toBe("begun");
});

test.skipIf(process.platform === "win32")("what is no file is passed over, whatever its name", async () => {
  new ModelLog(folder, "web:0").write(NOON, "stdout", RUN, "one\n");
  mkdirSync(join(folder, "web:0-2026-11-20.log"));
  symlinkSync("/etc/passwd", join(folder, "web:0-2026-11-19.log"));
  // read with a usual open, it would hold up all of the service's reading until somebody writes to it
  expect(Bun.spawnSync(["mkfifo", join(folder, "web:0-2026-11-18.log")]).exitCode).toBe(0);
  expect(await bytes()).toBe("one\n");
  expect(await lines({ since: 0 })).toEqual([[NOON, "stdout", "one\n"]]);
  expect((await reader.files(["web:0"])).map(({ name }) => name)).toHaveLength(1);
});
