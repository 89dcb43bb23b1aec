/**
 * Runs as local processes: each a session of its own, its output in the channel it is given, its descendants in a cgroup
 * where there may be one.
 */
import type { ProcessIdentity } from "../domain/history.ts";
import type { Adopted, Engine, LeftRun, RunHandle, RunListener, RunRequest } from "../domain/ports.ts";
import { bootId, groupOf, identify, stateOf } from "./identity.ts";
import { LocalRun, type LocalRunDeps } from "./local-run.ts";
import { StartQueue } from "./start-queue.ts";
import { runOf } from "./strangers.ts";
import { sendSignal } from "./tree.ts";

/** How long the end of the service waits for what hangs in the kernel. */
const LAST_KILL_MS = 1000;

export interface LocalEngineDeps extends LocalRunDeps {
  /** Puts on disk what has been noted of runs: to be called before they get a process. */
  readonly commit: () => void;
}

export class LocalEngine implements Engine {
  readonly #deps: LocalRunDeps;
  readonly #lingering = new Set<LocalRun>();
  readonly #starts: StartQueue;
  #released = false;

  constructor(deps: LocalEngineDeps) {
    this.#deps = deps;
    this.#starts = new StartQueue(() => {
      if (!this.#released) deps.commit();
    });
  }

  start(request: RunRequest, listener: RunListener): RunHandle {
    const run = new LocalRun(this.#deps, request, listener, this.#lingering);
    this.#starts.add(() => {
      if (!this.#released) void run.start(() => this.#released);
    });
    return run;
  }

  adopt(request: RunRequest, recorded: ProcessIdentity | null, listener: RunListener): Adopted | null {
    // elsewhere a process cannot be told from a stranger with its number, and a stranger is never touched
    if (process.platform !== "linux") return null;
    const handle = new LocalRun(this.#deps, request, listener, this.#lingering);
    const known = recorded ?? this.#search(request);
    if (known === null) {
      const [member] = this.#membersOf(request);
      if (member !== undefined && handle.adoptRest(groupOf(member) ?? member))
        return { handle, process: null };
      this.#deps.cgroups?.find(request.run)?.remove();
      return null;
    }
    if (known.boot !== bootId()) return null;
    const state = stateOf(known);
    const status = state === "ended" ? this.#deps.strangers.collect(known.pid) : null;
    if (state === "alive") handle.adoptProcess(known);
    else if (status !== null) handle.adoptEnded(known.pid, status);
    else return handle.adoptRest(known.pid) ? { handle, process: null } : null;
    return { handle, process: known };
  }

  left(): LeftRun[] {
    const { strangers, service } = this.#deps;
    const found = strangers.everyOf({ service }).flatMap((pid) => runOf(pid) ?? []);
    return [...new Map(found.map((left) => [left.run, left])).values()];
  }

  /** The end of the service: every child of it is killed, and what those leave behind, until none is left. */
  close(): void {
    const { strangers, clock, exits, cgroups } = this.#deps;
    const deadline = clock.now().mono + LAST_KILL_MS;
    for (;;) {
      const left = strangers.everyone();
      if (left.length === 0 || clock.now().mono > deadline) break;
      for (const pid of left) sendSignal(pid, "SIGKILL");
      Bun.sleepSync(1);
    }
    this.release();
    exits.close();
    cgroups?.close();
  }

  /** Lets go of everything without ending it. */
  release(): void {
    this.#released = true;
    this.#deps.strangers.close();
  }

  #membersOf({ run }: Pick<RunRequest, "run">): number[] {
    const { strangers, service } = this.#deps;
    return strangers.everyOf({ service, run });
  }

  /** The service died between the spawn and the note of it: the process is known by its environment. */
  #search({ run }: RunRequest): ProcessIdentity | null {
    const leader = this.#membersOf({ run }).find((pid) => groupOf(pid) === pid);
    return leader === undefined ? null : identify(leader);
  }
}
