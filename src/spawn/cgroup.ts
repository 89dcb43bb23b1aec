/**
 * A cgroup (v2) for each run, where the system lets us make one: then everything that the run starts is known, wherever
 * it forks to, and can be killed in one go. cgroups(7); "cgroup.kill" needs Linux 5.14.
 */
import { existsSync, mkdirSync, readdirSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { codeOf } from "../platform/system-errors.ts";
import { readProc } from "./linux-processes.ts";

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
    return this.#runs().flatMap((run) => this.#group(run).pids());
  }

  /** Removes the groups in which nothing is: a service that was killed may have left them. Before any is made. */
  sweep(): void {
    for (const run of this.#runs()) this.#group(run).remove();
  }

  #group(run: string): Cgroup {
    return new Cgroup(join(this.#base, run));
  }

  /** None where somebody has removed the folder. */
  #runs(): string[] {
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
