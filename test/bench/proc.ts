/** Readings of /proc: what a process, all its threads together, has used. */
import { readFileSync, readdirSync } from "node:fs";

/** `USER_HZ`, 100 on every Linux that Bun runs on. */
const TICKS_PER_SECOND = 100;

/** User and system time of a process. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** How often each thread has gone to sleep by itself, which is how often it was woken. */
export function sleepsByThread(pid: number): Map<string, number> {
  const threads = readdirSync(`/proc/${pid}/task`).map((thread): [string, number] => {
    const status = readFileSync(`/proc/${pid}/task/${thread}/status`, "utf8");
    const name = /^Name:\s*(.*)$/m.exec(status)?.[1] ?? "";
    return [`${name}/${thread}`, Number(/^voluntary_ctxt_switches:\s*(\d+)$/m.exec(status)?.[1])];
  });
  return new Map(threads);
}

export function memoryMiB(pid: number): { rss: number; pss: number } {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  const read = (name: string) => Number(new RegExp(`^${name}:\\s*(\\d+) kB$`, "m").exec(rollup)?.[1]) / 1024;
  return { rss: read("Rss"), pss: read("Pss") };
}

/** What it has in memory, cheap enough to be asked for often. */
export function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}

/** How many processes its main thread has started or taken over. */
export function childCount(pid: number): number {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").length - 1;
}
