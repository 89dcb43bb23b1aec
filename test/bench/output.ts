/**
 * One writer at full speed, captured, beside `cat file | cat > file` in turns with it. Both are timed by their own
 * shells, from before `cat` to after it; what is still in the FIFO then is at most 1 MiB of the gigabyte. In a virtual
 * machine memory that was not in use lately is slow the first time, so as much as is needed is used right before.
 */
import { readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Bench, atLeast, atMost } from "./report.ts";
import { cpuSeconds } from "./proc.ts";
import { type Service, withService } from "./service.ts";
import { median, spread } from "./statistics.ts";
import { fromDate, until } from "./time.ts";

const SAMPLES = 5;
const BYTES = 1e9;
const FLOOR_RATIO = 0.9;
const FLOOR_CPU_PER_GB = 1;

export const output: Bench = {
  name: "output",
  run: (executable) =>
    withService(executable, async (service) => {
      const source = await makeSource(service.path("source"));
      const piped: number[] = [];
      const kept: number[] = [];
      const cpu: number[] = [];
      for (let i = 0; i < SAMPLES; i++) {
        piped.push(await pipe(source, service));
        const before = cpuSeconds(service.pid);
        kept.push(await capture(source, service, `writer${i}`));
        cpu.push((cpuSeconds(service.pid) - before) / (BYTES / 1e9));
      }
      const ratios = kept.map((rate, i) => rate / (piped[i] ?? Number.NaN));
      return [
        {
          name: "output: captured",
          measured: median(kept),
          unit: "MB/s",
          floor: null,
          detail: spread(kept),
        },
        {
          name: "output: cat | cat",
          measured: median(piped),
          unit: "MB/s",
          floor: null,
          detail: spread(piped),
        },
        {
          name: "output: captured / cat | cat",
          measured: median(ratios),
          unit: "",
          floor: atLeast(FLOOR_RATIO),
          detail: spread(ratios),
        },
        {
          name: "output: CPU of the service",
          measured: median(cpu),
          unit: "s/GB",
          floor: atMost(FLOOR_CPU_PER_GB),
          detail: spread(cpu),
        },
      ];
    }),
};

/** Lines of text; written once and from then on in the page cache. */
async function makeSource(path: string): Promise<string> {
  const block = Buffer.alloc(1e6, "The quick brown fox jumps over the lazy dog, again and again.\n");
  const writer = Bun.file(path).writer();
  for (let written = 0; written < BYTES; written += block.length) {
    writer.write(block);
    await writer.flush();
  }
  await writer.end();
  return path;
}

/** Each returns MB/s and leaves no gigabyte behind. */
async function pipe(source: string, service: Service): Promise<number> {
  const target = service.path("piped");
  const times = service.path("times");
  await warm(source, service);
  const script = timed(`cat ${source} | cat > ${target}`, times);
  await shell(script);
  return rateAndRemove(times, [target], statSync(target).size);
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

async function capture(source: string, service: Service, name: string): Promise<number> {
  const times = service.path(name);
  await warm(source, service);
  await service.define("/proc", { name, type: "once", cmd: timed(`cat ${source}`, times) });
  await until("the writer is done", async () => ((await service.tasks()).every(isOver) ? true : null));
  await service.get(`/proc/output?name=${name}&bytes=1`);
  const files = logsOf(service, name);
  const rate = rateAndRemove(times, files, captured(files));
  await service.remove(name);
  return rate;
}

const isOver = ({ state }: { state: string }): boolean => state === "exited";

function timed(command: string, times: string): string {
  return `date +%s%N > ${times}; ${command}; date +%s%N >> ${times}`;
}

/** The files of the gigabyte: as many as it takes. */
function logsOf(service: Service, name: string): string[] {
  const directory = join(service.folder, "log");
  const files = [...new Bun.Glob(`${name}:0-*.log*`).scanSync(directory)];
  return files.map((file) => join(directory, file));
}

/** What was captured, by the index of the file that was written last: what lies before it, and its own size. */
function captured(files: readonly string[]): number {
  const last = files.find((file) => /-\d\d\.log$/.test(file)) ?? "";
  const index = files.includes(`${last}.idx`) ? readFileSync(`${last}.idx`) : null;
  return statSync(last).size + Number(index?.readBigUInt64LE(16) ?? 0);
}

function rateAndRemove(times: string, files: readonly string[], size: number): number {
  if (size !== BYTES) throw new Error(`${files[0]}: ${size} bytes of ${BYTES}`);
  const [begin = "", end = ""] = readFileSync(times, "utf8").split("\n");
  for (const file of files) rmSync(file, { force: true });
  return BYTES / 1e3 / (fromDate(end) - fromDate(begin));
}
