import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FollowFrom } from "../../src/domain/output.ts";
import { dailyFile } from "../../src/output/files.ts";
import { INDEX_BYTES, encodeHeader, encodeRecord, encodeRun } from "../../src/output/index-format.ts";
import { Growth } from "../../src/output/growth.ts";
import { FileReader } from "../../src/output/reader.ts";

const NOON = Date.UTC(2026, 10, 22, 12);
const ALIAS = "web:0";
let folder: string;
let growth: Growth;
let reader: FileReader;
/** Resolved once somebody waits for growth: he knows his place by then. */
let asked: PromiseWithResolvers<void>;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "meproc-reader-"));
  asked = Promise.withResolvers();
  growth = new Growth(() => asked.resolve());
  reader = new FileReader({
    directory: folder,
    capture: { sync: async () => undefined, onGrowth: (alias, callback) => growth.add(alias, callback) },
    startGrep: () => {
      throw new Error("nothing is searched here");
    },
    wall: () => NOON,
  });
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (day: string, text: string) => writeFileSync(dailyFile(folder, ALIAS, day), text);
const append = (day: string, text: string) => {
  appendFileSync(dailyFile(folder, ALIAS, day), text);
  growth.tell(ALIAS);
};
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();

describe("today's output", () => {
  test("is the newest bytes of the day's file, nothing of yesterday's", async () => {
    write("2026-11-21", "yesterday\n");
    expect(await reader.today(ALIAS, 100)).toHaveLength(0);
    write("2026-11-22", "one\ntwo\n");
    expect(text(await reader.today(ALIAS, 100))).toBe("one\ntwo\n");
    expect(text(await reader.today(ALIAS, 5))).toBe("\ntwo\n");
  });
});

describe("pages", () => {
  test("go back from the newest to the oldest, over days, at the starts of lines", async () => {
    write("2026-11-20", "a1\na2\n");
    write("2026-11-22", "b1\nb2\nb3\n");
    const seen: string[] = [];
    let before: string | null = null;
    for (let more = true; more;) {
      const page = await reader.page(ALIAS, before, 7);
      seen.unshift(text(page.bytes));
      before = page.from;
      more = page.more;
    }
    expect(seen.join("")).toBe("a1\na2\nb1\nb2\nb3\n");
    for (const page of seen) expect(page).toMatch(/^[ab]\d\n/);
  });

  test("of nothing are empty, with a place to follow from", async () => {
    expect(await reader.page(ALIAS, null, 10)).toEqual({
      bytes: new Uint8Array(),
      from: "2026-11-22:0",
      to: "2026-11-22:0",
      more: false,
    });
  });

  test("a line longer than the page is cut, not lost", async () => {
    write("2026-11-22", "x".repeat(50));
    expect(text((await reader.page(ALIAS, null, 20)).bytes)).toBe("x".repeat(20));
  });
});

describe("following", () => {
  const query = { aliases: [ALIAS], stream: null, run: null };
  const follow = (from: FollowFrom, signal = new AbortController().signal) =>
    reader.pieces(query, from, signal)[Symbol.asyncIterator]();

  test("goes on from a position, also into the next day's file", async () => {
    const abort = new AbortController();
    write("2026-11-21", "old\nnew\n");
    const stream = follow({ after: "2026-11-21:4" }, abort.signal);
    expect((await stream.next()).value).toMatchObject({ to: "2026-11-21:8", missed_bytes: 0 });
    const waiting = stream.next();
    append("2026-11-22", "today\n");
    expect(text((await waiting).value?.bytes ?? new Uint8Array())).toBe("today\n");
    abort.abort();
    expect((await stream.next()).done).toBe(true);
  });

  test("without a position begins with what comes next", async () => {
    write("2026-11-22", "before\n");
    const stream = follow({ tail: 0 });
    const waiting = stream.next();
    await asked.promise;
    append("2026-11-22", "after\n");
    expect(text((await waiting).value?.bytes ?? new Uint8Array())).toBe("after\n");
    await stream.return?.(undefined);
  });

  test("begins with the newest lines if asked to", async () => {
    write("2026-11-21", "one\ntwo\n");
    write("2026-11-22", "three\nfour");
    const stream = follow({ tail: 3 });
    expect(text((await stream.next()).value?.bytes ?? new Uint8Array())).toBe("two\n");
    expect((await stream.next()).value).toMatchObject({ to: "2026-11-22:10" });
    await stream.return?.(undefined);
  });

  test("far behind is told what it missed and gets the newest", async () => {
    const line = `${"y".repeat(1023)}\n`;
    write("2026-11-22", line.repeat(6 * 1024));
    const stream = follow({ after: "2026-11-22:0" });
    const { value } = await stream.next();
    expect(value?.missed_bytes).toBe((6 << 20) - (256 << 10));
    expect(value?.to).toBe(`2026-11-22:${(6 << 20) - (192 << 10)}`);
    await stream.return?.(undefined);
  });

  test("what was cleared before is not missed", async () => {
    const index = (base: number) => encodeHeader({ format: "raw", number: 2, base, made: NOON });
    const path = `${dailyFile(folder, ALIAS, "2026-11-22")}.idx`;
    writeFileSync(path, index(4));
    expect(await reader.page(ALIAS, null, 10)).toMatchObject({ to: "2026-11-22:4" });
    const stream = follow({ tail: 1000 });
    const waiting = stream.next();
    await asked.promise;
    const record = Buffer.alloc(INDEX_BYTES);
    encodeRecord(record, 0, 0, 7, NOON, "stdout", encodeRun(null));
    writeFileSync(path, Buffer.concat([index(4), record]));
    append("2026-11-22", "cleared");
    const { value } = await waiting;
    expect(value).toMatchObject({ to: "2026-11-22:11", missed_bytes: 0, stream: "stdout", time: NOON });
    await stream.return?.(undefined);
  });

  test("refuses what is no position", async () => {
    expect(follow({ after: "yesterday" }).next()).rejects.toMatchObject({ code: "invalid" });
  });
});

describe("files", () => {
  test("are listed with what they are, and given out by name only if they are the alias's", async () => {
    write("2026-11-21", "old\n");
    write("2026-11-22", "new\n");
    writeFileSync(join(folder, "web:0-2026-11-22.1.log.zst"), "zst");
    writeFileSync(join(folder, "secret-2026-11-22.log"), "secret\n");
    const files = await reader.files([ALIAS]);
    expect(files.map(({ name, open, compressed }) => [name, open, compressed])).toEqual([
      ["web:0-2026-11-21.log", false, false],
      ["web:0-2026-11-22.1.log.zst", false, true],
      ["web:0-2026-11-22.log", true, false],
    ]);
    expect(await reader.filePath([ALIAS], "web:0-2026-11-22.log")).toBe(join(folder, "web:0-2026-11-22.log"));
    for (const name of [
      "secret-2026-11-22.log",
      "../web:0-2026-11-22.log",
      "web:0-2026-11-23.log",
      "web:0-2026-11-22.log.idx",
      "x/../web:0-2026-11-22.log",
    ]) {
      expect(await reader.filePath([ALIAS], name)).toBeNull();
    }
  });
});
