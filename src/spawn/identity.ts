/** Who a process is: its pid, when it started and in which boot. A pid alone is handed out again. */
import { readFileSync } from "node:fs";
import type { ProcessIdentity } from "../domain/history.ts";
import { codeOf } from "../platform/system-errors.ts";

/** Fields of /proc/<pid>/stat, counted from the state. */
const GROUP = 2;
const FLAGS = 6;
const START_TIME = 19;
const PF_EXITING = 4;

let boot: string | null | undefined;

/** The id of this boot of the machine; `null` where the system does not tell. */
export function bootId(): string | null {
  if (boot === undefined) boot = readProc("/proc/sys/kernel/random/boot_id").trim() || null;
  return boot;
}

export function identify(pid: number): ProcessIdentity {
  return { pid, started: startOf(pid), boot: bootId() };
}

/** Whether the process is still this one: there, and neither another with its number nor a zombie. */
export function isStill(process: ProcessIdentity): boolean {
  return stateOf(process) === "alive";
}

/** "ended" while nobody has collected its exit; "gone" when it is no more, or its number is another's. */
export function stateOf({ pid, started, boot: then }: ProcessIdentity): "alive" | "ended" | "gone" {
  if (then !== bootId()) return "gone";
  const fields = statOf(pid);
  if (fields === null || (started !== null && fields[START_TIME] !== started)) return "gone";
  return fields[0] === "Z" ? "ended" : "alive";
}

export function groupOf(pid: number): number | null {
  const group = statOf(pid)?.[GROUP];
  return group === undefined ? null : Number(group);
}

/** From its beginning to end until its exit has been collected; it has no environment any more. */
export function isEnding(pid: number): boolean {
  return (Number(statOf(pid)?.[FLAGS] ?? PF_EXITING) & PF_EXITING) !== 0;
}

function startOf(pid: number): string | null {
  return statOf(pid)?.[START_TIME] ?? null;
}

/** The fields of /proc/<pid>/stat after the name, which may hold anything (proc_pid_stat(5), from "state" on). */
function statOf(pid: number): string[] | null {
  const stat = readProc(`/proc/${pid}/stat`);
  return stat === "" ? null : stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

/** Empty for what has ended, or is not ours to look into, or where there is no /proc. */
export function readProc(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (codeOf(error) !== null) return "";
    throw error;
  }
}
