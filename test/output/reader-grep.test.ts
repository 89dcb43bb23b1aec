/** Searching in a process of its own: found, given up on, and ended with whoever asked. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { OutputQuery } from "../../src/domain/output.ts";
import type { Helper } from "../../src/domain/ports.ts";
import { GREP } from "../../src/output/reading/grep-frames.ts";
import { FileReader } from "../../src/output/reader.ts";
import { startHelper } from "../../src/spawn/helper.ts";
import { ModelLog } from "./log-model.ts";

const START = Date.UTC(2026, 0, 5, 12);
const RUN = "019b0000-0000-7000-8000-000000000001";
const COMMAND = [process.execPath, join(import.meta.dir, "../../src/main.ts"), GREP];
const ALL: OutputQuery = {
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
let helpers: Helper[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "meproc-grep-"));
  helpers = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

function makeReader(grepTimeoutMs = 10_000, grepPatienceMs = 30_000): FileReader {
  return new FileReader({
    directory: folder,
    capture: { sync: async () => undefined, onGrowth: () => () => undefined },
    startGrep: (request) => {
      const helper = startHelper(COMMAND, request);
      helpers.push(helper);
      return helper;
    },
    grepTimeoutMs,
    grepPatienceMs,
  });
}

test("lines that match come with time, stream and run", async () => {
  const log = new ModelLog(folder, "web:0");
  log.write(START, "stdout", RUN, "one apple\ntwo pears\n");
  log.rotate();
  log.compress(0);
  log.write(START + 5, "stderr", RUN, "Äpfel: three\nfour apples");
  const found = [];
  const query = { ...ALL, grep: /apple|ÄPFEL/i };
  for await (const lines of makeReader().lines(query, new AbortController().signal)) found.push(...lines);
  expect(
    found.map(({ time, stream, run, bytes }) => [time, stream, run, Buffer.from(bytes).toString()]),
  ).toEqual([
    [START, "stdout", RUN, "one apple\n"],
    [START + 5, "stderr", RUN, "Äpfel: three\n"],
    [START + 5, "stderr", RUN, "four apples"],
  ]);
});

test("as bytes, and only the newest", async () => {
  const log = new ModelLog(folder, "web:0");
  for (let i = 0; i < 5000; i++) log.write(START + i, "stdout", RUN, `line ${i}\n`);
  const parts = [];
  const query = { ...ALL, grep: /7$/, tail: 2 };
  for await (const bytes of makeReader().bytes(query, new AbortController().signal)) parts.push(bytes);
  expect(Buffer.concat(parts).toString()).toBe("line 4987\nline 4997\n");
});

const ENDLESS = /(.*)(.*)(.*)(.*)(.*)(.*)x$/;

test("an expression that takes for ever is given up on, and its process is gone", async () => {
  new ModelLog(folder, "web:0").write(START, "stdout", RUN, `${"a".repeat(3000)}\n`);
  const stream = makeReader(500).lines({ ...ALL, grep: ENDLESS }, new AbortController().signal);
  expect(await stream.next().catch((error: unknown) => error)).toMatchObject({ code: "timeout" });
  expect(await helpers[0]?.exited).not.toBe(0);
});

test("a search ends with whoever asked for it", async () => {
  new ModelLog(folder, "web:0").write(START, "stdout", RUN, `${"a".repeat(3000)}\n`);
  const abort = new AbortController();
  const next = makeReader()
    .lines({ ...ALL, grep: ENDLESS }, abort.signal)
    .next();
  while (helpers.length === 0) await Promise.resolve();
  abort.abort();
  expect(await next).toEqual({ done: true, value: undefined });
  expect(await helpers[0]?.exited).not.toBe(0);
});

test("those who do not take what was found keep nobody from searching", async () => {
  const log = new ModelLog(folder, "web:0");
  for (let i = 0; i < 5000; i++) log.write(START + i, "stdout", RUN, `${i} ${"a".repeat(100)}\n`);
  const reader = makeReader(10_000, 50);
  const { signal } = new AbortController();
  const idle = [1, 2].map(() => reader.lines({ ...ALL, grep: /a/ }, signal));
  for (const each of idle) expect((await each.next()).done).toBe(false);
  expect((await reader.lines({ ...ALL, grep: /^77 / }, signal).next()).value).toHaveLength(1);
  // the third had its turn because the first had lost it; the second may have some patience left
  expect(await idle[0]?.next().catch((error: unknown) => error)).toMatchObject({ code: "timeout" });
  expect(await helpers[0]?.exited).not.toBe(0);
  await idle[1]?.return(undefined);
});
