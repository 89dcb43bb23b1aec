/** From `kill -9` of a daemon's process to the next one running, which prints the time (through sh and date). */
import { readFileSync, writeFileSync } from "node:fs";
import { type Bench, type Measurement, atMost } from "./report.ts";
import { type Service, withService } from "./service.ts";
import { median, spread } from "./statistics.ts";
import { fromDate, realtime, until } from "./time.ts";

const SAMPLES = 50;
const AT_ONCE_FLOOR_MS = 5;
const INTERVAL_FLOOR_MS = 10;

export const restart: Bench = {
  name: "restart",
  run: (executable) =>
    withService(executable, async (service) => [
      measurement("restart: crash to running, default policy", AT_ONCE_FLOOR_MS, await manyDaemons(service)),
      measurement("restart: crash to running, interval 1", INTERVAL_FLOOR_MS, await oneDaemon(service)),
    ]),
};

function measurement(name: string, floor: number, samples: number[]): Measurement {
  const detail = `${spread(samples)}, with the start of sh and date`;
  return { name, measured: median(samples), unit: "ms", floor: atMost(floor), detail };
}

/** By default the first restart is at once and the next are not, so each daemon is killed one time. */
async function manyDaemons(service: Service): Promise<number[]> {
  const samples: number[] = [];
  for (let i = 0; i < SAMPLES; i++) {
    const daemon = await Daemon.start(service, "/api/v1/tasks", { name: `daemon${i}` });
    samples.push(await daemon.crash());
    await service.remove(`daemon${i}`);
  }
  return samples;
}

async function oneDaemon(service: Service): Promise<number[]> {
  const daemon = await Daemon.start(service, "/proc", { name: "daemon", interval: 1 });
  const samples: number[] = [];
  for (let i = 0; i < SAMPLES; i++) samples.push(await daemon.crash());
  await service.remove("daemon");
  return samples;
}

/** A daemon whose processes each write a line: when it ran, and its pid. */
export class Daemon {
  readonly #file: string;
  #lines: number;
  #pid: number;

  private constructor(file: string, first: Life) {
    this.#file = file;
    this.#lines = first.number;
    this.#pid = first.pid;
  }

  static async start(
    service: Service,
    surface: "/proc" | "/api/v1/tasks",
    { name, ...rest }: { name: string; interval?: number },
  ): Promise<Daemon> {
    const file = service.path(name);
    writeFileSync(file, "");
    const cmd = `date "+%s%N $$" >> ${file}; exec sleep 1000`;
    await service.define(surface, { name, type: "daemon", cmd, ...rest });
    return new Daemon(file, await life(file, 1));
  }

  /** Kills its process and returns the milliseconds until the next one ran. */
  async crash(): Promise<number> {
    const begin = realtime();
    process.kill(this.#pid, "SIGKILL");
    const next = await life(this.#file, this.#lines + 1);
    this.#pid = next.pid;
    this.#lines = next.number;
    return next.ranAt - begin;
  }
}

interface Life {
  readonly number: number;
  readonly ranAt: number;
  readonly pid: number;
}

function life(file: string, number: number): Promise<Life> {
  return until("the daemon runs", () => {
    const lines = readFileSync(file, "utf8").split("\n");
    const line = lines[number - 1];
    if (line === undefined || lines.length <= number) return null;
    const [ranAt = "", pid = ""] = line.split(" ");
    return { number, ranAt: fromDate(ranAt), pid: Number(pid) };
  });
}
