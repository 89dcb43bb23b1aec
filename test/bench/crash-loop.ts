/** How the API answers while 50 daemons end at once, again and again, a millisecond apart. */
import type { Bench } from "./report.ts";
import { cpuSeconds } from "./proc.ts";
import { type Service, withService } from "./service.ts";
import { median, quantile, spread } from "./statistics.ts";

const DAEMONS = 50;
const WATCH_MS = 3000;
const PAUSE_MS = 5;

export const crashLoop: Bench = {
  name: "crash-loop",
  run: (executable) =>
    withService(executable, async (service) => {
      const calm = await latencies(service);
      await service.define("/proc", {
        name: "crash",
        type: "daemon",
        cmd: "exit 1",
        replica: DAEMONS,
        interval: 1,
      });
      const before = { cpu: cpuSeconds(service.pid), restarts: await restarts(service) };
      const busy = await latencies(service);
      const cpu = ((cpuSeconds(service.pid) - before.cpu) / WATCH_MS) * 1e5;
      const rate = ((await restarts(service)) - before.restarts) / (WATCH_MS / 1000);
      return [
        {
          name: "crash loop: answer, p99",
          measured: quantile(busy, 0.99),
          unit: "ms",
          floor: null,
          detail: `median ${median(busy).toPrecision(3)}, ${spread(busy)}; calm p99 ${quantile(calm, 0.99).toPrecision(3)}`,
        },
        {
          name: "crash loop: restarts",
          measured: rate,
          unit: "/s",
          floor: null,
          detail: `${DAEMONS} daemons`,
        },
        { name: "crash loop: CPU", measured: cpu, unit: "% of a core", floor: null, detail: "" },
      ];
    }),
};

async function latencies(service: Service): Promise<number[]> {
  const samples: number[] = [];
  const end = performance.now() + WATCH_MS;
  while (performance.now() < end) {
    const begin = performance.now();
    await service.get("/healthz");
    samples.push(performance.now() - begin);
    await Bun.sleep(PAUSE_MS);
  }
  return samples;
}

async function restarts(service: Service): Promise<number> {
  const { instances } = JSON.parse(await service.get("/api/v1/tasks/crash"));
  return instances.reduce((sum: number, { restarts }: { restarts: number }) => sum + restarts, 0);
}
