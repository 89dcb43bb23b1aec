/** Processes as /proc shows them: proc_pid_stat(5). */
import { closeSync, openSync, readFileSync, readdirSync } from "node:fs";
import { codeOf } from "../platform/system-errors.ts";
import type { ProcessFacts, Processes } from "./processes.ts";

/** Fields of /proc/<pid>/stat, counted from the state. */
const STATE = 0;
const GROUP = 2;
const FLAGS = 6;
const START_TIME = 19;
const PF_EXITING = 4;

export const linuxProcesses: Processes = {
  boot: () => readProc("/proc/sys/kernel/random/boot_id").trim() || null,
  look: (pid) => factsOf(readProc(`/proc/${pid}/stat`)),
};

/** The name before the state may hold anything, also spaces and brackets. */
function factsOf(stat: string): ProcessFacts | null {
  if (stat === "") return null;
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return {
    group: Number(fields[GROUP]),
    started: fields[START_TIME] ?? "",
    ended: fields[STATE] === "Z",
    ending: (Number(fields[FLAGS]) & PF_EXITING) !== 0,
  };
}

/** Empty for what has ended, or is not ours to look into, or where there is no /proc. */
export function readProc(path: string): string {
  try {
    return withSpare(() => readFileSync(path, "utf8"));
  } catch (error) {
    if (codeOf(error) !== null) return "";
    throw error;
  }
}

/** The entries of a folder of /proc; `null` where it is no more, or not ours to look into. */
export function listProc(path: string): string[] | null {
  try {
    return withSpare(() => readdirSync(path));
  } catch (error) {
    if (codeOf(error) !== null) return null;
    throw error;
  }
}

let spare: number | null = null;

/**
 * One descriptor is kept for looking at processes. Without it a service with too many files open would take what it cannot
 * see for gone.
 */
function withSpare<T>(look: () => T): T {
  spare ??= openSpare();
  try {
    return look();
  } catch (error) {
    if (spare === null || (codeOf(error) !== "EMFILE" && codeOf(error) !== "ENFILE")) throw error;
    closeSync(spare);
    spare = null;
    try {
      return look();
    } finally {
      spare = openSpare();
    }
  }
}

function openSpare(): number | null {
  try {
    return openSync("/dev/null", "r");
  } catch (error) {
    // none is left at the moment: the next look tries again
    if (codeOf(error) === null) throw error;
    return null;
  }
}
