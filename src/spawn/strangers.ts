/**
 * Descendants that left their process group. On Linux the service is a "subreaper" (or PID 1): what double-forks away
 * becomes its child. It finds them in /proc, knows by their environment whose they are, and collects their exits, by pid
 * and never with waitpid(-1), which would take the exits of our own children from Bun.
 */
import { ptr } from "bun:ffi";
import { openLibc } from "../platform/libc.ts";
import type { LeftRun } from "../domain/ports.ts";
import type { Children } from "./children.ts";
import { isEnding } from "./identity.ts";
import { listProc, readProc } from "./linux-processes.ts";

const PR_SET_CHILD_SUBREAPER = 36;
const WNOHANG = 1;
/** Exits of strangers are nobody's hurry: many are collected in one go. Milliseconds. */
const REAP_DELAY_MS = 50;

export interface Owner {
  readonly service: string;
  /** Any run of the service, if not given. What a command started that belongs to a run is not the run's. */
  readonly run?: string;
  /** Such a command, by its id. */
  readonly command?: string;
}

export interface Strangers {
  /**
   * Pids of descendants of a run that have lost their parent. One that is just ending can no longer be told apart
   * and counts for everybody: it may leave children.
   */
  of(owner: Owner): number[];
  /** Every live child of the service, its own and strangers. Collects the exits of the others: only for the end. */
  everyone(): number[];
  /** Pids of all processes of an owner, whoever their parent is: for runs that an earlier service has started. */
  everyOf(owner: Owner): number[];
  /** Whether the system lets them be known at all. */
  readonly known: boolean;
  /** From here on exits are collected. Before, what an earlier service has started must have been taken over. */
  begin(): void;
  /** Collects the exits of all strangers that have ended. */
  reap(): void;
  /** The exit of a child that Bun does not know of; `null` if it is none, or has not ended. */
  collect(pid: number): number | null;
  close(): void;
}

/** On a system where nobody can know them there are none. */
const NO_STRANGERS: Strangers = {
  of: () => [],
  everyone: () => [],
  everyOf: () => [],
  known: false,
  begin: () => undefined,
  reap: () => undefined,
  collect: () => null,
  close: () => undefined,
};

export function findStrangers(children: Children): Strangers {
  if (process.platform === "linux") return new LinuxStrangers(children);
  // after an upgrade in place there are children that Bun does not know of here as well
  return process.platform === "darwin" ? { ...NO_STRANGERS, collect: bindCollect() } : NO_STRANGERS;
}

/** The status of a child that has ended, which is then collected; `null` if it has not, or is no child. */
function bindCollect(): (pid: number) => number | null {
  const libc = openLibc({ waitpid: { args: ["i32", "ptr", "i32"], returns: "i32" } });
  const status = new Int32Array(1);
  return (pid) => (libc.waitpid(pid, ptr(status), WNOHANG) === pid ? (status[0] ?? 0) : null);
}

class LinuxStrangers implements Strangers {
  readonly known = true;
  readonly #children: Children;
  readonly collect = bindCollect();
  #timer: Timer | null = null;
  #begun = false;
  readonly #onChild = () => {
    this.#timer ??= setTimeout(() => this.reap(), REAP_DELAY_MS);
  };

  constructor(children: Children) {
    this.#children = children;
    const libc = openLibc({ prctl: { args: ["i32", "u64", "u64", "u64", "u64"], returns: "i32" } });
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  }

  begin(): void {
    this.#begun = true;
    process.on("SIGCHLD", this.#onChild);
    this.#onChild();
  }

  of(owner: Owner): number[] {
    return this.#pids().filter((pid) => isOwnedBy(pid, owner) || isEnding(pid));
  }

  everyone(): number[] {
    for (;;) {
      const lists = (listProc("/proc/self/task") ?? []).map(childrenOf);
      const pids = lists.flatMap((list) => list ?? []);
      const left = pids.filter((pid) => this.collect(pid) === null);
      // one that had ended may have left its children to us after the list was read, and so may a thread of ours
      if (left.length === pids.length && !lists.includes(null)) return left;
    }
  }

  everyOf(owner: Owner): number[] {
    const pids = (listProc("/proc") ?? []).filter((name) => /^\d+$/.test(name));
    return pids.map(Number).filter((pid) => isOwnedBy(pid, owner));
  }

  reap(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (!this.#begun) return;
    for (const pid of this.#pids()) this.collect(pid);
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
  const path = `/proc/self/task/${thread}`;
  const list = readProc(`${path}/children`);
  if (list === "" && listProc(path) === null) return null;
  return list
    .split(" ")
    .filter((pid) => pid !== "")
    .map(Number);
}

/** A process that has ended has no environment, and so is nobody's. */
function isOwnedBy(pid: number, { service, run, command }: Owner): boolean {
  const environment = readProc(`/proc/${pid}/environ`).split("\0");
  if (!environment.includes(`MEPROC_SERVICE=${service}`)) return false;
  if (command !== undefined) return environment.includes(`MEPROC_COMMAND=${command}`);
  if (run === undefined) return true;
  return (
    environment.includes(`MEPROC_RUN=${run}`) &&
    !environment.some((variable) => variable.startsWith("MEPROC_COMMAND="))
  );
}

/** The run that a process is of, as its environment says; "command" if it is of a command that belongs to a run. */
export function runOf(pid: number): LeftRun | "command" | null {
  const environment = readProc(`/proc/${pid}/environ`);
  const [run, task, index, command] = ["RUN", "TASK", "INDEX", "COMMAND"].map(
    (name) => new RegExp(`(?:^|\\0)MEPROC_${name}=([^\\0]*)`).exec(environment)?.[1],
  );
  if (command !== undefined) return "command";
  return run === undefined || task === undefined ? null : { run, place: { task, index: Number(index) } };
}
