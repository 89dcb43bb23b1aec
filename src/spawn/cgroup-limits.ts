/** Limits of a whole tree, which a cgroup keeps where its controllers are available to us: cgroups(7). */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Task } from "../domain/task.ts";
import { codeOf } from "../platform/system-errors.ts";
import { readProc } from "./linux-processes.ts";

export const CONTROLLERS = { memory_bytes: "memory", cpu_percent: "cpu", pids: "pids" } as const;
type TreeLimit = keyof typeof CONTROLLERS;
type Limits = NonNullable<Task["limits"]>;
const CPU_PERIOD_US = 100_000;

/** The controllers that limits ask for. */
export function controllersOf(limits: Limits): string[] {
  const names = Object.keys(CONTROLLERS) as TreeLimit[];
  return names.filter((name) => limits[name] !== undefined).map((name) => CONTROLLERS[name]);
}

/** Throws what the file system throws. */
export function writeLimits(path: string, limits: Limits): void {
  const { memory_bytes, cpu_percent, pids } = limits;
  const write = (file: string, value: string) => writeFileSync(join(path, file), value);
  if (memory_bytes !== undefined) {
    write("memory.max", String(memory_bytes));
    // half a tree is no use: all of it ends, and its task's policy decides
    write("memory.oom.group", "1");
  }
  if (cpu_percent !== undefined)
    write("cpu.max", `${Math.round((cpu_percent * CPU_PERIOD_US) / 100)} ${CPU_PERIOD_US}`);
  if (pids !== undefined) write("pids.max", String(pids));
}

/** Whether the system has killed something in a group because its memory was used up. */
export function ranOutOfMemory(path: string): boolean {
  const killed = /^oom_kill (\d+)$/m.exec(readProc(join(path, "memory.events")))?.[1];
  return killed !== undefined && killed !== "0";
}

/** Which of the controllers are handed on to the groups below one. */
export function enabledIn(path: string): string[] {
  return readProc(join(path, "cgroup.subtree_control")).trim().split(" ");
}

/** Hands controllers on to the groups below; false if the system does not let us. */
export function enable(path: string, controllers: readonly string[]): boolean {
  const missing = controllers.filter((name) => !enabledIn(path).includes(name));
  if (missing.length === 0) return true;
  try {
    writeFileSync(join(path, "cgroup.subtree_control"), missing.map((name) => `+${name}`).join(" "));
    return true;
  } catch (error) {
    if (codeOf(error) === null) throw error;
    return false;
  }
}

/** A group hands on to others only what no process of its own uses: whoever is in `from` goes to `to`. */
export function moveProcess(pid: number, to: string): boolean {
  try {
    writeFileSync(join(to, "cgroup.procs"), String(pid));
    return readFileSync(join(to, "cgroup.procs"), "utf8").split("\n").includes(String(pid));
  } catch (error) {
    if (codeOf(error) === null) throw error;
    return false;
  }
}
