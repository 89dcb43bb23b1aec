/**
 * Four children that print 25 MB a second each, for a minute: each line is numbered and checked, and meanwhile the API is
 * asked all the time, in turns with a bare server, because who waits for one of two busy cores waits for both.
 */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { INDEX_BYTES, decodeRecord } from "../../src/output/index-format.ts";
import {
  type SegmentName,
  bySegmentOrder,
  indexPath,
  parseSegmentName,
  segmentPath,
} from "../../src/output/segment-name.ts";
import { codeOf } from "../../src/platform/system-errors.ts";
import { cpuSeconds, residentBytes } from "./proc.ts";
import { type Bench, atLeast, atMost } from "./report.ts";
import { withService } from "./service.ts";
import { median, quantile, spread } from "./statistics.ts";

const SECONDS = 60;
const CHILDREN = 4;
const PACE = 25e6;
const LINE_BYTES = 100;
const DIGITS = 11;
const BLOCK_DIGITS = 4;
const BLOCK_LINES = 10 ** BLOCK_DIGITS;
const WRITER = join(import.meta.dir, "paced.pl");
/** Long enough for a file to be full and compressed: that takes a thread of its own. */
const WARM_SECONDS = 4;
const ASK_EVERY_MS = 10;
const LOOK_EVERY = 10;
const MIB = 2 ** 20;

export const flood: Bench = {
  name: "flood",
  run: (executable) =>
    withService(executable, async (service) => {
      const logDir = service.path("log");
      const found = await floodOf({ url: service.url, pid: service.pid, logDir }, SECONDS);
      const { answers, bare, seconds, growth, cores } = found;
      const [p99, bareP99] = [quantile(answers, 0.99), quantile(bare, 0.99)];
      return [
        {
          name: `flood: ${CHILDREN} children, each line checked`,
          measured: (CHILDREN * PACE * SECONDS) / 1e6 / seconds,
          unit: "MB/s",
          floor: atLeast((0.95 * CHILDREN * PACE) / 1e6),
          detail: `${seconds.toFixed(1)} s`,
        },
        {
          name: "flood: growth of memory",
          measured: growth / MIB,
          unit: "MiB",
          floor: atMost(20),
          detail: `the most seen, after a flood of ${WARM_SECONDS} s`,
        },
        {
          name: "flood: answer meanwhile, 99 of 100",
          measured: p99,
          unit: "ms",
          floor: atMost(20),
          detail: `${spread(answers)} median ${median(answers).toPrecision(3)}; a bare server ${bareP99.toPrecision(3)}`,
        },
        {
          name: "flood: CPU of the service",
          measured: cores,
          unit: "cores",
          floor: atMost(1),
          detail: "with compressing",
        },
      ];
    }),
};

export interface Flooded {
  readonly url: string;
  readonly pid: number;
  readonly logDir: string;
}

export interface FloodFigures {
  /** How long each answer of the API took, and each of a bare server, in ms. */
  readonly answers: readonly number[];
  readonly bare: readonly number[];
  readonly seconds: number;
  /** Bytes of memory, over what it had after a short flood. */
  readonly growth: number;
  readonly cores: number;
}

/** Throws at the first line that is not as it was printed. */
export async function floodOf(service: Flooded, seconds: number): Promise<FloodFigures> {
  await print(service, "short", WARM_SECONDS, async () => undefined);
  const [before, cpuBefore, began] = [residentBytes(service.pid), cpuSeconds(service.pid), performance.now()];
  const [answers, bare]: [number[], number[]] = [[], []];
  const neighbour = Bun.spawn([process.execPath, "-e", BARE], { stdio: ["ignore", "pipe", "inherit"] });
  let most = 0;
  try {
    const { value: port } = await neighbour.stdout.getReader().read();
    const other = `http://127.0.0.1:${new TextDecoder().decode(port).trim()}`;
    await print(service, "flood", seconds, async () => {
      answers.push(await timeOf(`${service.url}/api/v1/tasks`));
      bare.push(await timeOf(other));
      if (answers.length % LOOK_EVERY === 0) most = Math.max(most, residentBytes(service.pid));
    });
  } finally {
    neighbour.kill();
  }
  const took = (performance.now() - began) / 1000;
  const cores = (cpuSeconds(service.pid) - cpuBefore) / took;
  for (let index = 0; index < CHILDREN; index++) check(service.logDir, `flood:${index}`, seconds);
  return { answers, bare, seconds: took, growth: Math.max(0, most - before), cores };
}

const BARE = `
  const server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => Response.json({ items: [] }) });
  console.log(server.port);
`;

/** Has the children print, and does something again and again until all of it is in the files. */
async function print(
  { url, logDir }: Flooded,
  name: string,
  seconds: number,
  meanwhile: () => Promise<void>,
) {
  const cmd = `exec perl '${WRITER}' ${PACE} ${seconds} ${name}`;
  const body = JSON.stringify({ name, cmd, type: "once", replica: CHILDREN, log: { total_bytes: 0 } });
  const response = await fetch(`${url}/api/v1/tasks`, { method: "POST", body });
  if (!response.ok) throw new Error(await response.text());
  const bytes = PACE * seconds;
  const deadline = performance.now() + 1000 * (4 * seconds + 10);
  const left = new Set(Array.from({ length: CHILDREN }, (_, index) => `${name}:${index}`));
  for (let i = 1; left.size > 0; i++) {
    await meanwhile();
    if (i % LOOK_EVERY === 0)
      for (const alias of left) if (writtenOf(logDir, alias) >= bytes) left.delete(alias);
    if (performance.now() > deadline) throw new Error(`${[...left].join(" ")}: not all was captured in time`);
    await Bun.sleep(ASK_EVERY_MS);
  }
}

async function timeOf(url: string): Promise<number> {
  const began = performance.now();
  const response = await fetch(url);
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return performance.now() - began;
}

function segmentsOf(logDir: string, alias: string) {
  return readdirSync(logDir)
    .map(parseSegmentName)
    .filter((name) => name !== null)
    .filter(({ stem }) => stem === alias)
    .sort(bySegmentOrder);
}

/** By the last record of the newest index. */
function writtenOf(logDir: string, alias: string): number {
  const last = segmentsOf(logDir, alias).at(-1);
  if (last?.number !== null) return 0;
  const index = readFileSync(indexPath(logDir, last));
  if (index.length < 2 * INDEX_BYTES) return 0;
  const { offset, length } = decodeRecord(index, index.length - INDEX_BYTES - (index.length % INDEX_BYTES));
  return Number(index.readBigUInt64LE(16)) + offset + length;
}

/** Each line is as long as the others, so thousands of them are compared at once. */
function check(logDir: string, alias: string, seconds: number): void {
  const expected = new ExpectedLines(alias.slice(0, alias.indexOf(":")));
  // lines are counted from 1
  let place = LINE_BYTES;
  for (const name of segmentsOf(logDir, alias)) {
    const found = read(logDir, name);
    for (let at = 0; at < found.length;) {
      const block = expected.from(place);
      const length = Math.min(block.length, found.length - at);
      if (block.compare(found, at, at + length, 0, length) !== 0)
        throw new Error(`${alias}: not as it was printed around line ${Math.floor(place / LINE_BYTES)}`);
      at += length;
      place += length;
    }
  }
  const lines = Math.floor((PACE * seconds) / LINE_BYTES);
  if (place !== (lines + 1) * LINE_BYTES)
    throw new Error(`${alias}: ${place / LINE_BYTES - 1} lines of ${lines}`);
}

/** What the writer prints, made a block at a time: from one block to the next only the first digits change. */
class ExpectedLines {
  readonly #block: Buffer;
  readonly #digitsAt: number;
  #number = 0;

  constructor(tag: string) {
    const line = (number: number) => `${tag} ${String(number).padStart(DIGITS, "0")}${".".repeat(82)}\n`;
    this.#block = Buffer.from(Array.from({ length: BLOCK_LINES }, (_, number) => line(number)).join(""));
    this.#digitsAt = tag.length + 1;
  }

  /** What stands from this place on, to the end of a block. */
  from(place: number): Buffer {
    const number = Math.floor(place / this.#block.length);
    if (number !== this.#number) this.#turnTo(number);
    return this.#block.subarray(place % this.#block.length);
  }

  #turnTo(number: number): void {
    this.#number = number;
    const digits = Buffer.from(String(number).padStart(DIGITS - BLOCK_DIGITS, "0"));
    for (let at = this.#digitsAt; at < this.#block.length; at += LINE_BYTES) digits.copy(this.#block, at);
  }
}

/** What was written to a segment, which may be compressed meanwhile. */
function read(logDir: string, name: SegmentName): Buffer {
  try {
    const bytes = readFileSync(segmentPath(logDir, name));
    return name.compressed ? Buffer.from(Bun.zstdDecompressSync(bytes)) : bytes;
  } catch (error) {
    if (name.compressed || codeOf(error) !== "ENOENT") throw error;
    return read(logDir, { ...name, compressed: true });
  }
}
