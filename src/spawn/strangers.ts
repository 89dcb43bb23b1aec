/**
 * Descendants that left their process group. On Linux the service is a "subreaper" (or PID 1): what double-forks
 * away becomes its child. It finds them in /proc, knows by their environment whose they are, and collects their
 * exits, by pid and never with waitpid(-1), which would take the exits of our own children from Bun.
 */
import { readFileSync, readdirSync } from "node:fs";
import { ptr } from "bun:ffi";
import { openLibc } from "../platform/libc.ts";
import { codeOf } from "../platform/system-errors.ts";
import type { Children } from "./children.ts";

const PR_SET_CHILD_SUBREAPER = 36;
const WNOHANG = 1;
const PF_EXITING = 4;
/** Fields of /proc/<pid>/stat, counted from the state. */
const GROUP = 2;
const FLAGS = 6;
/** Exits of strangers are nobody's hurry: many are collected in one go. Milliseconds. */
const REAP_DELAY_MS = 50;

export interface Owner {
  readonly service: string;
  /** Any task of the service, if not given. */
  readonly task?: string;
  readonly index?: number;
}

export interface Strangers {
  /**
   * Pids of descendants of an instance that have lost their parent. One that is just ending can no longer be told
   * apart and counts for everybody: it may leave children.
   */
  of(owner: Owner): number[];
  /** Every live child of the service, its own and strangers. Collects the exits of the others: only for the end. */
  everyone(): number[];
  /** Whether one of them is in this process group; `null` where nobody can know. */
  inGroup(group: number): boolean | null;
  /** Collects the exits of all strangers that have ended. */
  reap(): void;
  close(): void;
}

/** On a system where nobody can know them there are none. */
export const NO_STRANGERS: Strangers = {
  of: () => [],
  everyone: () => [],
  inGroup: () => null,
  reap: () => undefined,
  close: () => undefined,
};

export function findStrangers(children: Children): Strangers {
  return process.platform === "linux" ? new LinuxStrangers(children) : NO_STRANGERS;
}

class LinuxStrangers implements Strangers {
  readonly #children: Children;
  readonly #libc = openLibc({
    prctl: { args: ["i32", "u64", "u64", "u64", "u64"], returns: "i32" },
    waitpid: { args: ["i32", "ptr", "i32"], returns: "i32" },
  });
  readonly #status = new Int32Array(1);
  #timer: Timer | null = null;
  readonly #onChild = () => {
    this.#timer ??= setTimeout(() => this.reap(), REAP_DELAY_MS);
  };

  constructor(children: Children) {
    this.#children = children;
    this.#libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    process.on("SIGCHLD", this.#onChild);
  }

  of(owner: Owner): number[] {
    return this.#pids().filter((pid) => isOwnedBy(pid, owner) || isEnding(pid));
  }

  everyone(): number[] {
    for (;;) {
      const lists = readdirSync("/proc/self/task").map(childrenOf);
      const pids = lists.flatMap((list) => list ?? []);
      const left = pids.filter((pid) => this.#libc.waitpid(pid, ptr(this.#status), WNOHANG) !== pid);
      // One that had ended may have left its children to us after the list was read, and so may a thread of ours.
      if (left.length === pids.length && !lists.includes(null)) return left;
    }
  }

  inGroup(group: number): boolean {
    return this.#pids().some((pid) => groupOf(pid) === group);
  }

  reap(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    for (const pid of this.#pids()) this.#libc.waitpid(pid, ptr(this.#status), WNOHANG);
  }

  close(): void {
    process.off("SIGCHLD", this.#onChild);
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  /** Orphans are given to the first thread of the process, and our own spawns start there as well. */
  #pids(): number[] {
    return (childrenOf(String(process.pid)) ?? []).filter((pid) => !this.#children.has(pid));
  }
}

/** `null` for a thread that has ended since it was listed. */
function childrenOf(thread: string): number[] | null {
  try {
    const list = readFileSync(`/proc/self/task/${thread}/children`, "utf8");
    return list
      .split(" ")
      .filter((pid) => pid !== "")
      .map(Number);
  } catch (error) {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ESRCH") return null;
    throw error;
  }
}

function isOwnedBy(pid: number, { service, task, index }: Owner): boolean {
  const environment = readEnvironment(pid);
  if (!environment.includes(`MEPROC_SERVICE=${service}`)) return false;
  if (task !== undefined && !environment.includes(`MEPROC_TASK=${task}`)) return false;
  return index === undefined || environment.includes(`MEPROC_INDEX=${index}`);
}

function readEnvironment(pid: number): string[] {
  return readProc(pid, "environ").split("\0");
}

/** From its beginning to end until its exit has been collected; it has no environment any more. */
function isEnding(pid: number): boolean {
  return (Number(statOf(pid)[FLAGS] ?? PF_EXITING) & PF_EXITING) !== 0;
}

function groupOf(pid: number): number | null {
  const group = statOf(pid)[GROUP];
  return group === undefined ? null : Number(group);
}

/** The fields of /proc/<pid>/stat behind the name, the state first. */
function statOf(pid: number): string[] {
  const stat = readProc(pid, "stat");
  return stat === "" ? [] : stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

/** Empty for a process that has ended, or that is not ours to look into. */
function readProc(pid: number, file: "environ" | "stat"): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch (error) {
    if (codeOf(error) !== null) return "";
    throw error;
  }
}
