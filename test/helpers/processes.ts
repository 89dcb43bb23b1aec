/** Looks at the processes of the machine, and ends those of a test that are left over. */
import { readFileSync, readdirSync } from "node:fs";

export const isRoot = process.getuid?.() === 0;
/** A variable that every process of a test inherits, by which it is found. */
export const MARK = "UNDER_TEST_OF";

/** A file of /proc/<pid>; empty if there is no such process, or not ours to see. */
export function procFile(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error) return "";
    throw error;
  }
}

/** True for a process that has not ended; a zombie has. */
export function isAlive(pid: number): boolean {
  const stat = procFile(pid, "stat");
  return stat !== "" && stat.slice(stat.lastIndexOf(")") + 2, stat.lastIndexOf(")") + 3) !== "Z";
}

/** Live processes that carry this mark in their environment. */
export function marked(mark: string, except: number | null = null): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== except && procFile(pid, "environ").split("\0").includes(`${MARK}=${mark}`));
}

export function killMarked(mark: string): void {
  for (const pid of marked(mark)) {
    // It may end between the look and the signal.
    if (isAlive(pid)) Bun.spawnSync(["kill", "-KILL", String(pid)]);
  }
}
