/** Many starts: each its own request, or all the replicas of one. */
import { type Bench, type Measurement, atLeast } from "./report.ts";
import { Service } from "./service.ts";
import { median, spread } from "./statistics.ts";

const SAMPLES = 3;
const STARTS = 500;
const CLIENTS = 16;
const FLOOR_PER_SECOND = 400;
const CMD = "exec sleep 1000";

type Way = (service: Service) => Promise<void>;

export const burst: Bench = {
  name: "burst",
  run: async (executable) => [
    ...(await measure(executable, `${STARTS} tasks`, byTasks)),
    ...(await measure(executable, `${STARTS} replicas`, byReplicas)),
  ],
};

async function measure(executable: string, what: string, way: Way): Promise<Measurement[]> {
  const rates: number[] = [];
  const ends: number[] = [];
  for (let i = 0; i < SAMPLES; i++) {
    const service = await Service.start(executable);
    try {
      rates.push(STARTS / (await secondsTo(service, way)));
    } finally {
      ends.push(await service.stop());
    }
  }
  const detail = `${spread(rates)}, until all are seen running`;
  return [
    {
      name: `burst: ${what}`,
      measured: median(rates),
      unit: "/s",
      floor: atLeast(FLOOR_PER_SECOND),
      detail,
    },
    {
      name: `burst: the end of ${what}`,
      measured: median(ends),
      unit: "ms",
      floor: null,
      detail: spread(ends),
    },
  ];
}

async function secondsTo(service: Service, way: Way): Promise<number> {
  const begin = performance.now();
  await way(service);
  await service.running(STARTS);
  return (performance.now() - begin) / 1000;
}

async function byTasks(service: Service): Promise<void> {
  const names = Array.from({ length: STARTS }, (_, i) => `task${i}`);
  const client = async () => {
    for (let name = names.pop(); name !== undefined; name = names.pop())
      await service.define("/proc", { name, type: "once", cmd: CMD });
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
}

async function byReplicas(service: Service): Promise<void> {
  await service.define("/proc", { name: "task", type: "once", cmd: CMD, replica: STARTS });
}
