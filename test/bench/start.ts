/**
 * From a request to the running child. The child is `sh`, which becomes `date`: the time that it prints contains the
 * start of both programs, so the same is measured with a bare Bun.spawn, to know how much of it is not the service's.
 */
import { readFileSync, rmSync } from "node:fs";
import { type Bench, type Measurement, atMost } from "./report.ts";
import { type Service, withService } from "./service.ts";
import { median, spread } from "./statistics.ts";
import { fromDate, realtime, until } from "./time.ts";

const SAMPLES = 150;
const WARM_UP = 20;
const FLOOR_MS = 3;

export const start: Bench = {
  name: "start",
  run: (executable) =>
    withService(executable, async (service) => {
      const bare: number[] = [];
      const served: number[] = [];
      for (let i = 0; i < WARM_UP + SAMPLES; i++) {
        bare.push(await startBare(service.path("bare")));
        served.push(await startServed(service, `start${i}`));
      }
      return measurements(served.slice(WARM_UP), bare.slice(WARM_UP));
    }),
};

function measurements(served: number[], bare: number[]): Measurement[] {
  return [
    {
      name: "start: request to child running",
      measured: median(served),
      unit: "ms",
      floor: atMost(FLOOR_MS),
      detail: `${spread(served)}, with the start of sh and date`,
    },
    {
      name: "start: the same by a bare Bun.spawn",
      measured: median(bare),
      unit: "ms",
      floor: null,
      detail: `${spread(bare)}, the start of sh and date alone`,
    },
    {
      name: "start: the service's part",
      measured: median(served) - median(bare),
      unit: "ms",
      floor: null,
      detail: "the difference of the two",
    },
  ];
}

async function startServed(service: Service, name: string): Promise<number> {
  const file = service.path(name);
  const begin = realtime();
  await service.define("/proc", { name, type: "once", cmd: command(file) });
  const ran = await whenRan(file);
  await service.remove(name);
  return ran - begin;
}

async function startBare(file: string): Promise<number> {
  const begin = realtime();
  const child = Bun.spawn(["/bin/sh", "-c", command(file)], { stdio: ["ignore", "ignore", "ignore"] });
  await child.exited;
  return (await whenRan(file)) - begin;
}

const command = (file: string): string => `exec date +%s%N > ${file}`;

async function whenRan(file: string): Promise<number> {
  const text = await until("the child runs", async () => {
    return (await Bun.file(file).exists()) && Bun.file(file).size > 0 ? readFileSync(file, "utf8") : null;
  });
  rmSync(file);
  return fromDate(text);
}
