import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Capture } from "../../src/output/capture.ts";
import { dailyFile } from "../../src/output/files.ts";
import { Growth } from "../../src/output/growth.ts";
import { FileReader } from "../../src/output/reader.ts";

const NOON = Date.UTC(2026, 10, 22, 12);
const ALIAS = "web:0";
let folder: string;
let growth: Growth;
let reader: FileReader;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "meproc-reader-"));
  growth = new Growth();
  const capture: Capture = {
    setPolicy: () => undefined,
    clear: async () => undefined,
    open: () => {
      throw new Error("nothing is captured here");
    },
    resume: () => undefined,
    note: () => undefined,
    sync: async () => undefined,
    onGrowth: (alias, callback) => growth.add(alias, callback),
    close: async () => undefined,
  };
  reader = new FileReader(folder, capture, () => NOON);
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
  test("goes on from a position, also into the next day's file", async () => {
    const abort = new AbortController();
    write("2026-11-21", "old\nnew\n");
    const stream = reader.follow(ALIAS, "2026-11-21:4", abort.signal)[Symbol.asyncIterator]();
    const next = async () => (await stream.next()).value;
    expect(await next()).toMatchObject({ to: "2026-11-21:8", missed_bytes: 0 });
    const waiting = next();
    append("2026-11-22", "today\n");
    expect(text((await waiting)?.bytes ?? new Uint8Array())).toBe("today\n");
    abort.abort();
    expect((await stream.next()).done).toBe(true);
  });

  test("without a position begins with what comes next", async () => {
    write("2026-11-22", "before\n");
    const stream = reader.follow(ALIAS, null, new AbortController().signal)[Symbol.asyncIterator]();
    const waiting = stream.next();
    await Bun.file(folder).exists();
    await reader.page(ALIAS, null, 1);
    append("2026-11-22", "after\n");
    expect(text((await waiting).value?.bytes ?? new Uint8Array())).toBe("after\n");
    await stream.return?.(undefined);
  });

  test("far behind is told what it missed and gets the newest", async () => {
    const line = `${"y".repeat(1023)}\n`;
    write("2026-11-22", line.repeat(6 * 1024));
    const stream = reader.follow(ALIAS, "2026-11-22:0", new AbortController().signal)[Symbol.asyncIterator]();
    const { value } = await stream.next();
    expect(value?.missed_bytes).toBe((6 << 20) - (256 << 10));
    expect(value?.to).toBe(`2026-11-22:${6 << 20}`);
  });
});
