/**
 * A cgroup (v2) for each run, where the system lets us make one: then everything that the run starts is known, wherever
 * it forks to, and can be killed in one go. cgroups(7); "cgroup.kill" needs Linux 5.14.
 */
import { existsSync, mkdirSync, readdirSync, rmdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Task } from "../domain/task.ts";
import { codeOf, inWords } from "../platform/system-errors.ts";
import { controllersOf, enable, moveProcess, ranOutOfMemory, writeLimits } from "./cgroup-limits.ts";
import { readProc } from "./linux-processes.ts";

type Limits = NonNullable<Task["limits"]>;
/** Groups of commands that belong to a run, and the service's own. */
const COMMAND = "command-";
const SUPERVISOR = "supervisor";

export class Cgroup {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** The processes in it, zombies not counted. */
  pids(): number[] {
    return readProc(join(this.path, "cgroup.procs"))
      .split("\n")
      .filter((pid) => pid !== "" && pid !== "0")
      .map(Number);
  }

  kill(): void {
    try {
      writeFileSync(join(this.path, "cgroup.kill"), "1");
    } catch (error) {
      // an older kernel has no such file, and a group that is gone needs no killing: the signals by pid remain
      if (codeOf(error) === null) throw error;
    }
  }

  /** The system has ended it because its memory was used up. */
  ranOutOfMemory(): boolean {
    return ranOutOfMemory(this.path);
  }

  /** A group that still has processes stays, and is found again by its name. */
  remove(): void {
    try {
      rmdirSync(this.path);
    } catch (error) {
      if (codeOf(error) === null) throw error;
    }
  }
}

export class Cgroups {
  readonly #base: string;

  constructor(base: string) {
    this.#base = base;
  }

  /** A group for a run; `null` if none can be made any more, and then the run goes without. */
  make(run: string): Cgroup | null {
    const path = join(this.#base, run);
    try {
      mkdirSync(path, { recursive: true });
      return new Cgroup(path);
    } catch (error) {
      if (codeOf(error) === null) throw error;
      return null;
    }
  }

  /** A group for a run that keeps its limits. Throws an Error in words if it cannot. */
  makeLimited(run: string, limits: Limits): Cgroup {
    const group = this.make(run);
    if (group === null) throw new Error("limits: no cgroup can be made");
    try {
      writeLimits(group.path, limits);
      return group;
    } catch (error) {
      group.remove();
      throw new Error(`limits: ${inWords(error)}`, { cause: error });
    }
  }

  /** A group for a command that belongs to a run, and is none itself. */
  makeForCommand(id: string): Cgroup | null {
    return this.make(COMMAND + id);
  }

  /**
   * Why limits of whole trees cannot be kept here, in words; `null` if they can. Only now are the controllers asked for:
   * the service goes into a group below its own then, as a group with processes hands nothing on.
   */
  unavailable(limits: Limits): string | null {
    const wanted = controllersOf(limits);
    if (wanted.length === 0) return null;
    const own = dirname(this.#base);
    const offered = readProc(join(own, "cgroup.controllers")).trim().split(" ");
    const missing = wanted.filter((name) => !offered.includes(name));
    if (missing.length > 0)
      return `the cgroup controller ${missing.join(", ")} is not available to the service`;
    if (!enable(own, wanted) && !(this.#moveAside() && enable(own, wanted)))
      return `the cgroup controller ${wanted.join(", ")} cannot be handed on: other processes are in the service's cgroup`;
    return enable(this.#base, wanted)
      ? null
      : `the cgroup controller ${wanted.join(", ")} cannot be handed on`;
  }

  #moveAside(): boolean {
    const aside = this.make(SUPERVISOR);
    return aside !== null && moveProcess(process.pid, aside.path);
  }

  /** The end of the service: the folder goes if nothing is left in it. */
  close(): void {
    this.sweep();
    new Cgroup(this.#base).remove();
  }

  /** The group of a run of an earlier service, if it is still there. */
  find(run: string): Cgroup | null {
    const path = join(this.#base, run);
    return existsSync(path) ? new Cgroup(path) : null;
  }

  /** The runs of which something is in a group. */
  left(): string[] {
    return this.#runs().filter((run) => this.#group(run).pids().length > 0);
  }

  /** The processes of all runs. */
  pids(): number[] {
    return this.#groups()
      .filter((name) => name !== SUPERVISOR)
      .flatMap((name) => this.#group(name).pids());
  }

  /**
   * Removes the groups in which nothing is: a service that was killed may have left them. Commands that it has left are
   * nobody's any more and end. Before any group is made.
   */
  sweep(): void {
    for (const name of this.#groups()) {
      if (name.startsWith(COMMAND)) this.#group(name).kill();
      this.#group(name).remove();
    }
  }

  #group(run: string): Cgroup {
    return new Cgroup(join(this.#base, run));
  }

  #runs(): string[] {
    return this.#groups().filter((name) => name !== SUPERVISOR && !name.startsWith(COMMAND));
  }

  /** None where somebody has removed the folder. */
  #groups(): string[] {
    try {
      const entries = readdirSync(this.#base, { withFileTypes: true });
      return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
    } catch (error) {
      if (codeOf(error) === null) throw error;
      return [];
    }
  }
}

/** Where groups may be made: below the service's own group, in a folder of this data directory's. `null` if nowhere. */
export function findCgroups(service: string): Cgroups | null {
  if (process.platform !== "linux") return null;
  const mount = /^\S+ (\S+) cgroup2 /m.exec(readProc("/proc/self/mounts"))?.[1];
  const own = /^0::(.*)$/m.exec(readProc("/proc/self/cgroup"))?.[1];
  if (mount === undefined || own === undefined) return null;
  // after a hand-over the service may find itself in a group that it has made: never nest
  const base = join(mount, own.replace(/\/meproc-[0-9a-f-]+(\/.*)?$/, ""), `meproc-${service}`);
  try {
    mkdirSync(base, { recursive: true });
    const cgroups = new Cgroups(base);
    cgroups.sweep();
    return cgroups;
  } catch (error) {
    if (codeOf(error) === null) throw error;
    return null;
  }
}

/** As `Cgroups.unavailable`, also where there are no groups at all. */
export function unavailableLimits(cgroups: Cgroups | null, limits: Limits): string | null {
  if (cgroups !== null) return cgroups.unavailable(limits);
  if (controllersOf(limits).length === 0) return null;
  return "limits of a whole tree need cgroups (v2), which are not available to the service";
}

/** The group of a run; `null` where it can do without. Throws an Error in words if its limits cannot be kept. */
export function makeGroup(cgroups: Cgroups | null, run: string, limits: Limits | null): Cgroup | null {
  if (limits === null || controllersOf(limits).length === 0) return cgroups?.make(run) ?? null;
  const problem = unavailableLimits(cgroups, limits);
  if (problem !== null) throw new Error(`limits: ${problem}`);
  return cgroups?.makeLimited(run, limits) ?? null;
}
