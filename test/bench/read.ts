/**
 * Reading a log of a gigabyte in segments of 64 MiB, half of them compressed: its newest lines, those since a time, and a
 * search through all of it in a process of its own, while this one's loop is watched.
 */
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { OutputQuery } from "../../src/domain/output.ts";
import { INDEX_BYTES, encodeHeader, encodeRecord, encodeRun } from "../../src/output/index-format.ts";
import { GREP } from "../../src/output/reading/grep-frames.ts";
import { FileReader } from "../../src/output/reader.ts";
import { FRAME_BYTES, type SeekFrame, encodeSeekTable } from "../../src/output/seek-table.ts";
import { indexPath, segmentPath } from "../../src/output/segment-name.ts";
import { startHelper } from "../../src/spawn/helper.ts";
import { type Bench, type Measurement, atMost } from "./report.ts";
import { type Service, withService } from "./service.ts";
import { median, quantile, spread } from "./statistics.ts";

const SAMPLES = 7;
const SEGMENTS = 16;
const SEGMENT_BYTES = 64 << 20;
const CHUNK_BYTES = 64 << 10;
const START = Date.UTC(2026, 0, 5);
const CEILING_MS = 20;
const DAY = "2026-01-05";
const RUN = "019b0000-0000-7000-8000-000000000001";
const LAG_MS = 1;
const QUIET_MS = 2000;

export const read: Bench = {
  name: "read",
  run: async (executable) => {
    const directory = mkdtempSync(join(tmpdir(), "meproc-read-"));
    try {
      const end = makeLog(directory);
      return [
        ...(await measure(directory, executable, end)),
        ...(await measureApi(directory, executable, end)),
      ];
    } finally {
      rmSync(directory, { recursive: true });
    }
  },
};

async function measure(directory: string, executable: string, end: number): Promise<Measurement[]> {
  const reader = new FileReader({
    directory,
    capture: { sync: async () => undefined, onGrowth: () => () => undefined },
    startGrep: (request) => startHelper([executable, GREP], request),
    grepTimeoutMs: 120_000,
  });
  const timed = async (change: Partial<OutputQuery>): Promise<number[]> => {
    const times: number[] = [];
    for (let i = 0; i < SAMPLES; i++) times.push(await ask(reader, change));
    return times;
  };
  const tail = await timed({ tail: 100 });
  const since = await timed({ since: end - 3 });
  const middle = await timed({ since: START + Math.floor((end - START) / 2), limit: 100 });
  const lag = watchLoop();
  const literal = await ask(reader, { grep: /number 12345678 / });
  const pattern = await ask(reader, { grep: /number \d+5 .*DOG/i, tail: 10 });
  const lags = lag();
  const row = (name: string, times: number[], ceiling: number | null): Measurement => ({
    name: `read: ${name}`,
    measured: median(times),
    unit: "ms",
    floor: ceiling === null ? null : atMost(ceiling),
    detail: spread(times),
  });
  return [
    row("the newest 100 lines of 1 GB", tail, CEILING_MS),
    row("since a moment ago", since, CEILING_MS),
    row("100 lines since the middle, compressed", middle, CEILING_MS),
    row("search for a word", [literal], null),
    row("search for a pattern, newest 10", [pattern], null),
    row("loop held up while searching, 99 of 100", [quantile(lags, 0.99)], CEILING_MS),
  ];
}

/** The same through the API, beside requests that have nothing to do with it. */
function measureApi(directory: string, executable: string, end: number): Promise<Measurement[]> {
  return withService(executable, async (service) => {
    const log = { max_age_days: 0, total_bytes: 0, compress: false };
    await service.define("/api/v1/tasks", { name: "big", type: "once", cmd: "true", log });
    for (const file of readdirSync(directory)) renameSync(join(directory, file), service.path(`log/${file}`));
    const output = async (query: string): Promise<number> => {
      const began = performance.now();
      const body = await service.get(`/api/v1/tasks/big/output?${query}`);
      if (body === "") throw new Error(`${query}: nothing was found`);
      return performance.now() - began;
    };
    const timed = async (query: string): Promise<number[]> => {
      const times: number[] = [];
      for (let i = 0; i < SAMPLES; i++) times.push(await output(query));
      return times;
    };
    const tail = await timed("tail=100");
    const since = await timed(`since=${new Date(end - 3).toISOString()}`);
    const quiet = await answers(service, () => Bun.sleep(QUIET_MS));
    const busy = await answers(service, () => output("grep=number%2012345678%20&limit=10"));
    const row = (name: string, times: readonly number[], share: number): Measurement => ({
      name: `read: ${name}`,
      measured: quantile(times, share),
      unit: "ms",
      floor: atMost(CEILING_MS),
      detail: spread(times),
    });
    return [
      row("over HTTP, the newest 100 lines", tail, 0.5),
      row("over HTTP, since a moment ago", since, 0.5),
      {
        ...row("another answer while searching, 99 of 100", busy, 0.99),
        detail: `${spread(busy)}; with nothing to do ${quantile(quiet, 0.99).toPrecision(3)}`,
      },
    ];
  });
}

/** How long answers take until something is done. */
async function answers(service: Service, until: () => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  let done = false;
  const work = until().finally(() => (done = true));
  while (!done) {
    const began = performance.now();
    await service.get("/api/v1/tasks");
    times.push(performance.now() - began);
    await Bun.sleep(LAG_MS);
  }
  await work;
  return times;
}

async function ask(reader: FileReader, change: Partial<OutputQuery>): Promise<number> {
  const query: OutputQuery = {
    aliases: ["big:0"],
    stream: null,
    run: null,
    since: null,
    until: null,
    tail: null,
    grep: null,
    limit: null,
    ...change,
  };
  const began = performance.now();
  let lines = 0;
  for await (const batch of reader.lines(query, new AbortController().signal)) lines += batch.length;
  const took = performance.now() - began;
  if (lines === 0) throw new Error("nothing was found");
  return took;
}

/** How late a timer is, again and again, until the function that is returned is called. */
function watchLoop(): () => number[] {
  const lags: number[] = [];
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    lags.push(Math.max(0, now - last - LAG_MS));
    last = now;
  }, LAG_MS);
  return () => {
    clearInterval(timer);
    return lags;
  };
}

/** Lines of about 60 bytes, a record each 64 KiB, a millisecond each. Returns the last time. */
function makeLog(directory: string): number {
  mkdirSync(directory, { recursive: true });
  let [line, time] = [0, START];
  for (let number = 1; number <= SEGMENTS; number++) {
    const bytes = Buffer.alloc(SEGMENT_BYTES);
    let length = 0;
    for (;;) {
      const text = `number ${line} the quick brown fox jumps over the lazy dog\n`;
      if (length + text.length > bytes.length) break;
      length += bytes.write(text, length, "latin1");
      line++;
    }
    time = writeSegment(directory, number, bytes.subarray(0, length), time);
  }
  return time;
}

function writeSegment(directory: string, number: number, bytes: Buffer, from: number): number {
  const compressed = number % 2 === 0;
  const name = { stem: "big:0", day: DAY, number: number === SEGMENTS ? null : number, compressed };
  if (name.number === null) name.compressed = false;
  writeFileSync(segmentPath(directory, name), name.compressed ? compress(bytes) : bytes);
  const count = Math.ceil(bytes.length / CHUNK_BYTES);
  const index = Buffer.alloc((count + 1) * INDEX_BYTES);
  encodeHeader({ format: "raw", number, base: (number - 1) * SEGMENT_BYTES, made: from }).copy(index);
  const run = encodeRun(RUN);
  for (let i = 0; i < count; i++) {
    const length = Math.min(CHUNK_BYTES, bytes.length - i * CHUNK_BYTES);
    encodeRecord(index, (i + 1) * INDEX_BYTES, i * CHUNK_BYTES, length, from + i, "stdout", run);
  }
  writeFileSync(indexPath(directory, name), index);
  return from + count;
}

function compress(bytes: Buffer): Buffer {
  const frames: Buffer[] = [];
  const table: SeekFrame[] = [];
  for (let at = 0; at < bytes.length; at += FRAME_BYTES) {
    const part = bytes.subarray(at, at + FRAME_BYTES);
    const frame = Bun.zstdCompressSync(part);
    frames.push(frame);
    table.push({ compressed: frame.length, decompressed: part.length });
  }
  return Buffer.concat([...frames, encodeSeekTable(table)]);
}
