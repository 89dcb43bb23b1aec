/** What many tasks cost: listing 1,000, applying a set of 200 with one change, and the memory that an idle process takes. */
import { type Bench, type Measurement, atMost } from "./report.ts";
import { memoryMiB } from "./proc.ts";
import { type Service, withService } from "./service.ts";
import { median, spread } from "./statistics.ts";

const TASKS = 1000;
const LISTS = 30;
const FLOOR_LIST_MS = 10;
const SET = 200;
const APPLIES = 10;
const FLOOR_APPLY_MS = 100;
const FLOOR_PROCESS_KIB = 30;
/** Bun looks at its heap each second until that has been still for half a minute. */
const SETTLE_MS = 45_000;
const CMD = "exec sleep 1000";

export const many: Bench = {
  name: "many",
  run: async (executable) => [
    ...(await withService(executable, applied)),
    ...(await withService(executable, listed)),
  ],
};

async function applied(service: Service): Promise<Measurement[]> {
  const set = (live: number, restarted: number) => ({
    tasks: Array.from({ length: SET }, (_, i) => {
      const task = { name: `task${i}`, type: "daemon", cmd: CMD };
      return i === 7 ? { ...task, description: `${live}`, env: { CHANGE: `${restarted}` } } : task;
    }),
  });
  await apply(service, set(0, 0), SET);
  await service.running(SET);
  const pids = async () =>
    (await service.tasks()).flatMap(({ instances }) => instances.map(({ pid }) => pid));
  const samples = { same: [] as number[], live: [] as number[], restart: [] as number[] };
  for (let i = 1; i <= APPLIES; i++) {
    const before = await pids();
    samples.live.push(await apply(service, set(i, i - 1), 1));
    samples.same.push(await apply(service, set(i, i - 1), 0));
    await expectNew(before, pids, 0);
    samples.restart.push(await apply(service, set(i, i), 1));
    await expectNew(before, pids, 1);
  }
  const row = (what: string, times: number[]): Measurement => ({
    name: `apply ${SET} tasks: ${what}`,
    measured: median(times),
    unit: "ms",
    floor: atMost(FLOOR_APPLY_MS),
    detail: spread(times),
  });
  return [
    row("all as they were", samples.same),
    row("one changed live", samples.live),
    row("one restarted", samples.restart),
  ];
}

/** How many milliseconds it takes; as many tasks have to be added or changed. */
async function apply(service: Service, set: object, changes: number): Promise<number> {
  const body = JSON.stringify(set);
  const began = performance.now();
  const response = await fetch(`${service.url}/api/v1/apply`, { method: "POST", body });
  const answer = (await response.json()) as { added: unknown[]; changed: unknown[] };
  const took = performance.now() - began;
  if (!response.ok || answer.added.length + answer.changed.length !== changes)
    throw new Error(`${response.status}, not ${changes} changes: ${JSON.stringify(answer).slice(0, 200)}`);
  return took;
}

async function expectNew(
  before: readonly (number | null)[],
  pids: () => Promise<(number | null)[]>,
  count: number,
): Promise<void> {
  const fresh = (await pids()).filter((pid) => !before.includes(pid));
  if (fresh.length !== count) throw new Error(`${fresh.length} processes were restarted, not ${count}`);
}

async function listed(service: Service): Promise<Measurement[]> {
  const define = async (from: number, to: number) => {
    const tasks = Array.from({ length: to - from }, (_, i) => ({
      name: `task${from + i}`,
      type: "daemon",
      cmd: CMD,
    }));
    await apply(service, { tasks }, to - from);
    await service.running(to);
    await Bun.sleep(SETTLE_MS);
    return memoryMiB(service.pid).pss;
  };
  const half = await define(0, TASKS / 2);
  const whole = await define(TASKS / 2, TASKS);
  const times: number[] = [];
  let bytes = 0;
  for (let i = 0; i < LISTS; i++) {
    const began = performance.now();
    bytes = (await service.get("/api/v1/tasks")).length;
    times.push(performance.now() - began);
  }
  return [
    {
      name: `list of ${TASKS} tasks`,
      measured: median(times),
      unit: "ms",
      floor: atMost(FLOOR_LIST_MS),
      detail: `${spread(times)}, ${(bytes / 1024).toFixed(0)} KiB`,
    },
    {
      name: "memory of an idle process",
      measured: ((whole - half) * 1024) / (TASKS / 2),
      unit: "KiB",
      floor: atMost(FLOOR_PROCESS_KIB),
      detail: `${half.toFixed(1)} MiB with ${TASKS / 2}, ${whole.toFixed(1)} MiB with ${TASKS}, a task each`,
    },
  ];
}
