/** What processes use at a moment, as /proc shows it: proc(5). Elsewhere the system is not asked. */
import type { TreeUsage } from "../domain/ports.ts";
import { listProc, readProc } from "./linux-processes.ts";

/** Fields of /proc/<pid>/stat, counted from the state; times in hundredths of a second on every Linux. */
const USER_TIME = 11;
const SYSTEM_TIME = 12;
const TICK_MS = 10;

interface ProcessUsage {
  readonly threads: number;
  readonly rss_bytes: number;
  readonly cpu_ms: number;
  readonly open_files: number | null;
}

/** `null` if none of them is there any more. */
export function usageOfProcesses(pids: readonly number[]): TreeUsage | null {
  const all = pids.flatMap((pid) => usageOfProcess(pid) ?? []);
  if (all.length === 0) return null;
  const sum = (of: (usage: ProcessUsage) => number) => all.reduce((total, usage) => total + of(usage), 0);
  return {
    processes: all.length,
    threads: sum(({ threads }) => threads),
    rss_bytes: sum(({ rss_bytes }) => rss_bytes),
    cpu_ms: sum(({ cpu_ms }) => cpu_ms),
    open_files: all.some(({ open_files }) => open_files === null)
      ? null
      : sum(({ open_files }) => open_files ?? 0),
  };
}

/** The processes with all their descendants, each once. */
export function withDescendants(pids: readonly number[]): number[] {
  const found = new Set<number>();
  const open = [...pids];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    open.push(...childrenOf(next));
  }
  return [...found];
}

/** Also those that its threads have started. */
function childrenOf(pid: number): number[] {
  return (listProc(`/proc/${pid}/task`) ?? [])
    .flatMap((thread) => readProc(`/proc/${pid}/task/${thread}/children`).split(" "))
    .filter((child) => child !== "")
    .map(Number);
}

function usageOfProcess(pid: number): ProcessUsage | null {
  const stat = readProc(`/proc/${pid}/stat`);
  const status = readProc(`/proc/${pid}/status`);
  const resident = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  // a zombie uses nothing
  if (stat === "" || resident === undefined) return null;
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return {
    threads: Number(/^Threads:\s+(\d+)$/m.exec(status)?.[1] ?? 1),
    rss_bytes: Number(resident) * 1024,
    cpu_ms: (Number(fields[USER_TIME]) + Number(fields[SYSTEM_TIME])) * TICK_MS,
    open_files: listProc(`/proc/${pid}/fd`)?.length ?? null,
  };
}
