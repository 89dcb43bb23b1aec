/** What the service costs while 200 processes run and nobody asks for anything. */
import { type Bench, atMost } from "./report.ts";
import { cpuSeconds, memoryMiB, sleepsByThread } from "./proc.ts";
import { type Service, withService } from "./service.ts";

const PROCESSES = 200;
/** Bun looks at its heap each second until that has been still for half a minute. */
const SETTLE_MS = 45_000;
const WATCH_MS = 20_000;
const FLOOR_CPU_PERCENT = 1;
const FLOOR_WAKEUPS = 2;

export const idle: Bench = {
  name: "idle",
  run: (executable) =>
    withService(executable, async (service) => {
      await startAll(service);
      await Bun.sleep(SETTLE_MS);
      const before = { cpu: cpuSeconds(service.pid), sleeps: sleepsByThread(service.pid) };
      await Bun.sleep(WATCH_MS);
      const cpu = ((cpuSeconds(service.pid) - before.cpu) / WATCH_MS) * 1e5;
      const woken = wakeups(before.sleeps, sleepsByThread(service.pid));
      const total = [...woken.values()].reduce((sum, count) => sum + count, 0);
      const { rss, pss } = memoryMiB(service.pid);
      const over = `over ${WATCH_MS / 1000} s, ${PROCESSES} processes`;
      return [
        {
          name: "idle: CPU",
          measured: cpu,
          unit: "% of a core",
          floor: atMost(FLOOR_CPU_PERCENT),
          detail: over,
        },
        {
          name: "idle: wakeups",
          measured: total / (WATCH_MS / 1000),
          unit: "/s",
          floor: atMost(FLOOR_WAKEUPS),
          detail: [...woken].map(([thread, count]) => `${thread} ${count}`).join(", "),
        },
        {
          name: "idle: resident memory",
          measured: rss,
          unit: "MiB",
          floor: null,
          detail: `${PROCESSES} processes`,
        },
        { name: "idle: its share of memory (PSS)", measured: pss, unit: "MiB", floor: null, detail: "" },
      ];
    }),
};

async function startAll(service: Service): Promise<void> {
  for (let i = 0; i < PROCESSES; i++)
    await service.define("/proc", { name: `task${i}`, type: "once", cmd: "exec sleep 1000" });
  await service.running(PROCESSES);
}

/** By thread, those that woke up at all. */
function wakeups(before: Map<string, number>, after: Map<string, number>): Map<string, number> {
  const woken = [...after].map(([thread, count]): [string, number] => [
    thread,
    count - (before.get(thread) ?? 0),
  ]);
  return new Map(woken.filter(([, count]) => count > 0));
}
