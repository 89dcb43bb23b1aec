/**
 * Runs as local processes: each a session of its own, its output in the channel it is given, its descendants in a cgroup
 * where there may be one.
 */
import type { ProcessIdentity } from "../domain/history.ts";
import type { Adopted, Engine, LeftRun, RunHandle, RunListener, RunRequest } from "../domain/ports.ts";
import { bootId, groupOf, identify, stateOf } from "./identity.ts";
import { LocalRun, type LocalRunDeps } from "./local-run.ts";
import { StartQueue } from "./start-queue.ts";
import { sweepStdins } from "./stdin.ts";
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
    if (bootId() === null) return null;
    const known = recorded ?? this.#search(request);
    const state = known === null || known.boot !== bootId() ? "gone" : stateOf(known);
    const status = known !== null && state === "ended" ? this.#deps.strangers.collect(known.pid) : null;
    if (known === null || (state !== "alive" && status === null)) {
      const handle = this.adoptRest(request, known, listener);
      return handle === null ? null : { handle, process: null };
    }
    const handle = new LocalRun(this.#deps, request, listener, this.#lingering);
    if (status === null) handle.adoptProcess(known);
    else handle.adoptEnded(known.pid, status);
    return { handle, process: known };
  }

  /** A run that was never noted has no number of its group: what is left of it has one. */
  adoptRest(request: RunRequest, recorded: ProcessIdentity | null, listener: RunListener): RunHandle | null {
    const { strangers, cgroups } = this.#deps;
    if (!strangers.known || (recorded !== null && recorded.boot !== bootId())) return null;
    const [member = null] = recorded === null ? this.#membersOf(request) : [];
    const group = recorded?.pid ?? (member === null ? null : (groupOf(member) ?? member));
    const handle = new LocalRun(this.#deps, request, listener, this.#lingering);
    if (group !== null && handle.adoptRest(group)) return handle;
    cgroups?.find(request.run)?.remove();
    return null;
  }

  left(): LeftRun[] {
    const { strangers, service, cgroups } = this.#deps;
    // what has emptied its environment is known by its group alone
    const grouped = (cgroups?.left() ?? []).map((run): LeftRun => ({ run, place: null }));
    const told = strangers.everyOf({ service }).flatMap((pid) => this.#leftBy(pid));
    sweepStdins(this.#deps.fifoDirs);
    return [...new Map([...grouped, ...told].map((left) => [left.run, left])).values()];
  }

  /** Nobody waits any more for a command that belonged to a run, and whoever needs it runs it again. */
  #leftBy(pid: number): LeftRun[] {
    const run = runOf(pid);
    if (run === "command") sendSignal(pid, "SIGKILL");
    return run === null || run === "command" ? [] : [run];
  }

  /** The end of the service: every child of it and all in its groups is killed, and what those leave, until none is left. */
  close(): void {
    const { strangers, clock, exits, cgroups } = this.#deps;
    const deadline = clock.now().mono + LAST_KILL_MS;
    for (;;) {
      const left = [...strangers.everyone(), ...(cgroups?.pids() ?? [])];
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
    this.#deps.commands.close();
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
