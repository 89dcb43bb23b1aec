/**
 * One writer at full speed, captured, beside `cat file | cat > file`, eight writers and supervisord in turns with it. All are
 * timed by their own shells, from before `cat` to after it; what is still in the FIFO then is at most 1 MiB of each. In a
 * virtual machine memory that was not in use lately is slow the first time, so as much as is needed is used right before.
 */
import { readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { cpuSeconds } from "./proc.ts";
import { type Bench, type Measurement, atLeast, atMost } from "./report.ts";
import { type Service, withService } from "./service.ts";
import { median, spread } from "./statistics.ts";
import { supervisordVersion, withSupervisord } from "./supervisord.ts";
import { fromDate, until } from "./time.ts";

const SAMPLES = 5;
const BYTES = 1e9;
/** It is slower, and not waited for that long. */
const SUPERVISORD_BYTES = 5e8;
const FLOOR_RATIO = 0.9;
const FLOOR_CPU_PER_GB = 0.8;
const WRITERS = 8;
const FLOOR_EIGHT = 1;
const FLOOR_SUPERVISORD = 3;

export const output: Bench = {
  name: "output",
  run: (executable) =>
    withService(executable, async (service) => {
      const source = await makeSource(service.path("source"), BYTES);
      const part = await makeSource(service.path("part"), BYTES / WRITERS);
      const supervised = await makeSource(service.path("supervised"), SUPERVISORD_BYTES);
      const supervisord = supervisordVersion();
      const [piped, kept, cpu]: [number[], number[], number[]] = [[], [], []];
      const [eight, other, otherCpu]: [number[], number[], number[]] = [[], [], []];
      for (let i = 0; i < SAMPLES; i++) {
        await warm(source, service);
        piped.push(await pipe(source, service));
        await warm(source, service);
        const before = cpuSeconds(service.pid);
        kept.push(await capture(source, service, `one${i}`, 1));
        cpu.push((cpuSeconds(service.pid) - before) / (BYTES / 1e9));
        await warm(source, service);
        eight.push(await capture(part, service, `eight${i}`, WRITERS));
        if (supervisord === null) continue;
        const { rate, perGb } = await supervise(supervised, service);
        other.push(rate);
        otherCpu.push(perGb);
      }
      const beside = (rates: readonly number[], others: readonly number[]) =>
        rates.map((rate, i) => rate / (others[i] ?? Number.NaN));
      return [
        row("captured", kept, "MB/s", null),
        row("cat | cat", piped, "MB/s", null),
        row("captured / cat | cat", beside(kept, piped), "", atLeast(FLOOR_RATIO)),
        row("CPU of the service, with compressing", cpu, "s/GB", atMost(FLOOR_CPU_PER_GB)),
        row("eight writers in all / one", beside(eight, kept), "", atLeast(FLOOR_EIGHT)),
        ...(supervisord === null
          ? [{ ...row("captured / supervisord", [Number.NaN], "", null), detail: "not installed" }]
          : [
              row(
                `captured / supervisord ${supervisord}`,
                beside(kept, other),
                "",
                atLeast(FLOOR_SUPERVISORD),
              ),
              row("CPU of supervisord, with its start", otherCpu, "s/GB", null),
            ]),
      ];
    }),
};

function row(
  name: string,
  samples: readonly number[],
  unit: string,
  floor: Measurement["floor"],
): Measurement {
  return { name: `output: ${name}`, measured: median(samples), unit, floor, detail: spread(samples) };
}

/** Lines of text; written once and from then on in the page cache. */
async function makeSource(path: string, bytes: number): Promise<string> {
  const block = Buffer.alloc(1e6, "The quick brown fox jumps over the lazy dog, again and again.\n");
  const writer = Bun.file(path).writer();
  for (let written = 0; written < bytes; written += block.length) {
    writer.write(block);
    await writer.flush();
  }
  await writer.end();
  return path;
}

/** Takes twice the gigabyte from the page cache and gives it back. */
async function warm(source: string, service: Service): Promise<void> {
  const copies = ["warm1", "warm2"].map((name) => service.path(name));
  for (const copy of copies) await shell(`cat ${source} > ${copy}`);
  for (const copy of copies) rmSync(copy);
}

async function shell(script: string): Promise<void> {
  const code = await Bun.spawn(["/bin/sh", "-c", script], { stdio: ["ignore", "ignore", "inherit"] }).exited;
  if (code !== 0) throw new Error(`${script}: exit code ${code}`);
}

/** Each returns MB/s and leaves no gigabyte behind. */
async function pipe(source: string, service: Service): Promise<number> {
  const [target, times] = [service.path("piped"), service.path("times")];
  await shell(timed(`cat ${source} | cat > ${target}`, times));
  const rate = rateOf([times], statSync(target).size);
  rmSync(target);
  return rate;
}

async function capture(source: string, service: Service, name: string, replica: number): Promise<number> {
  const times = service.path(name);
  await service.define("/proc", {
    name,
    type: "once",
    replica,
    cmd: timed(`cat ${source}`, `${times}.$MEPROC_INDEX`),
  });
  const indexes = Array.from({ length: replica }, (_, index) => index);
  // asking the service would take the time of what is measured
  await until("the writers are done", () => indexes.every((index) => isTimed(`${times}.${index}`)) || null);
  await until("they have ended", async () => (await service.tasks()).every(isOver) || null);
  await service.get(`/proc/output?name=${name}&bytes=1`);
  const directory = join(service.folder, "log");
  const size = indexes.reduce((sum, index) => sum + captured(directory, `${name}:${index}`), 0);
  const rate = rateOf(
    indexes.map((index) => `${times}.${index}`),
    size,
  );
  await service.remove(name);
  for (const file of new Bun.Glob(`${name}:*`).scanSync(directory))
    rmSync(join(directory, file), { force: true });
  return rate;
}

const isOver = ({ state }: { state: string }): boolean => state === "exited";

/** MB/s, and its seconds of CPU for a gigabyte, with its start. */
async function supervise(source: string, service: Service): Promise<{ rate: number; perGb: number }> {
  const [target, times] = [service.path("supervised.log"), service.path("times")];
  const cpu = await withSupervisord(service.folder, timed(`cat ${source}`, times), target, () =>
    until("supervisord has it all", () => (sizeOf(target) >= SUPERVISORD_BYTES ? true : null)),
  );
  const rate = rateOf([times], statSync(target).size, SUPERVISORD_BYTES);
  return { rate, perGb: cpu / (SUPERVISORD_BYTES / 1e9) };
}

const isTimed = (path: string): boolean =>
  sizeOf(path) > 0 && readFileSync(path, "utf8").split("\n").length > 2;
const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

function timed(command: string, times: string): string {
  return `date +%s%N > ${times}; ${command}; date +%s%N >> ${times}`;
}

/** By the index of the file that was written last: what lies before it, and its own size. */
function captured(directory: string, alias: string): number {
  const last = [...new Bun.Glob(`${alias}-????-??-??.log`).scanSync(directory)][0] ?? "";
  const path = join(directory, last);
  return statSync(path).size + Number(readFileSync(`${path}.idx`).readBigUInt64LE(16));
}

/** From the first beginning to the last end. */
function rateOf(times: readonly string[], size: number, expected = BYTES): number {
  if (size !== expected) throw new Error(`${times[0]}: ${size} bytes of ${expected}`);
  const all = times.map((file) => readFileSync(file, "utf8").split("\n").slice(0, 2).map(fromDate));
  const begin = Math.min(...all.map(([first]) => first ?? Number.NaN));
  const end = Math.max(...all.map(([, last]) => last ?? Number.NaN));
  return expected / 1e3 / (end - begin);
}
