/** One process and everything that it starts, from its spawn, or its adoption, until nothing of it is left. */
import { closeSync } from "node:fs";
import { MeprocError } from "../domain/errors.ts";
import type { ProcessIdentity } from "../domain/history.ts";
import type { Channel, Identity, RunHandle, RunListener, RunRequest, TreeUsage } from "../domain/ports.ts";
import type { Exit, Usage } from "../domain/run.ts";
import type { Signal } from "../domain/task-policies.ts";
import type { Task } from "../domain/task.ts";
import { inWords } from "../platform/system-errors.ts";
import { type Cgroup, makeGroup } from "./cgroup.ts";
import type { CommandsDeps, LocalCommands } from "./commands.ts";
import { leavesRoom } from "./descriptors.ts";
import type { ExitWatch } from "./exit-watch.ts";
import { Hooks } from "./hooks.ts";
import { identify } from "./identity.ts";
import { NO_USAGE, ownPeak, usageOf } from "./peak.ts";
import { type Prepared, prepare } from "./preparation.ts";
import { type Started, startProcess } from "./start-process.ts";
import { Stdin } from "./stdin.ts";
import { ProcessTree, sendSignal } from "./tree.ts";
import { usageOfProcesses, withDescendants } from "./tree-usage.ts";
import { exitOfStatus } from "./wait-status.ts";

export interface LocalRunDeps extends CommandsDeps {
  readonly exits: ExitWatch;
  readonly commands: LocalCommands;
  /** Where FIFOs are made, in the order in which they are to be tried. */
  readonly fifoDirs: readonly string[];
}

const STOPPED_EARLY = "stopped before it was started";

export class LocalRun implements RunHandle {
  readonly #deps: LocalRunDeps;
  readonly #listener: RunListener;
  readonly #hooks: Hooks;
  /** Runs whose process has exited and of which something was left then. */
  readonly #lingering: Set<LocalRun>;
  #request: RunRequest;
  #tree: ProcessTree | null = null;
  /** The process itself, while it lives. */
  #leader: number | null = null;
  #cgroup: Cgroup | null = null;
  #stdin: Stdin | null = null;
  /** The peak of memory with which the process began: the service's own, in bytes. */
  #inheritedPeak = 0;
  #ending = false;
  /** Somebody has sent it SIGSTOP: it would not hear that it is to end. */
  #paused = false;

  constructor(deps: LocalRunDeps, request: RunRequest, listener: RunListener, lingering: Set<LocalRun>) {
    this.#deps = deps;
    this.#request = request;
    this.#listener = listener;
    this.#lingering = lingering;
    this.#hooks = new Hooks(deps.commands);
  }

  /** `released` tells whether the service has left meanwhile; then nothing is started any more. */
  async start(released: () => boolean): Promise<void> {
    const { user, group, hooks } = this.#request.task;
    const identity = user === null && group === null ? null : await this.#deps.users.resolve(user, group);
    if (released()) return;
    if (this.#ending) return this.#listener.failed(STOPPED_EARLY);
    if (identity instanceof Error) return this.#fail(`${user ?? group}: ${identity.message}`);
    if (hooks?.pre_start !== undefined) {
      const problem = await this.#hooks.preStart(this.#request);
      if (released()) return;
      if (this.#ending) return this.#listener.failed(STOPPED_EARLY);
      if (problem !== null) return this.#fail(`pre_start: ${problem}`);
    }
    this.#spawn(identity);
  }

  /** Takes over a process that lives; `process` is known to be the one. */
  adoptProcess(process: ProcessIdentity): void {
    const { children, exits, strangers, fifoDirs, clock } = this.#deps;
    this.#cgroup = this.#deps.cgroups?.find(this.#request.run) ?? null;
    if (this.#request.task.stdin === "pipe") this.#stdin = Stdin.find(fifoDirs, this.#request.run, clock);
    this.#grow(process.pid, true, true);
    // after an upgrade in place it is our child still, and its exit is ours to collect
    children.add(process.pid);
    exits.watch(process.pid, () => {
      const status = strangers.collect(process.pid);
      children.delete(process.pid);
      void this.#exited(status === null ? null : exitOfStatus(status), NO_USAGE);
    });
  }

  /** Takes over a child that ended while its service became another executable: how, is still to be had. */
  adoptEnded(group: number, status: number): void {
    this.#cgroup = this.#deps.cgroups?.find(this.#request.run) ?? null;
    this.#grow(group, true, false);
    queueMicrotask(() => void this.#exited(exitOfStatus(status), NO_USAGE));
  }

  /** Takes over what a process that has ended left behind. False if that is nothing. */
  adoptRest(group: number): boolean {
    this.#cgroup = this.#deps.cgroups?.find(this.#request.run) ?? null;
    this.#grow(group, true, false);
    if (this.#tree?.anythingLeft() !== true) {
      this.#cgroup?.remove();
      return false;
    }
    this.#lingering.add(this);
    return true;
  }

  terminate(): void {
    const { stop } = this.#request.task;
    this.#ending = true;
    if (this.#leader === null || stop?.command === undefined) return this.#end(stop?.signal ?? "SIGTERM");
    void this.#stopByCommand(this.#leader);
  }

  kill(): void {
    this.#ending = true;
    this.#hooks.abort();
    this.#end("SIGKILL");
  }

  update(task: Task): void {
    this.#request = { ...this.#request, task };
  }

  signal(signal: Signal): void {
    if (this.#leader === null || !sendSignal(this.#leader, signal))
      throw new MeprocError("conflict", "There is no process");
    if (signal === "SIGSTOP" || signal === "SIGCONT") this.#paused = signal === "SIGSTOP";
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#stdin === null)
      throw new MeprocError("conflict", "Its stdin is not open", {
        hint: 'Define the task with stdin "pipe"',
      });
    await this.#stdin.write(bytes);
  }

  usage(): TreeUsage | null {
    if (this.#tree === null) return null;
    return usageOfProcesses(withDescendants(this.#tree.members()));
  }

  /** Whether something of an ended run is still there; if not, that is told. */
  lookAgain(): void {
    if (this.#tree?.anythingLeft()) return;
    this.#lingering.delete(this);
    this.#gone();
  }

  /** The command has its own time; what it leaves of the tree hears the signal once the process itself has ended. */
  async #stopByCommand(pid: number): Promise<void> {
    const problem = await this.#hooks.stop(this.#request, pid);
    if (problem === null || this.#leader === null) return;
    this.#note(`stop: ${problem}`);
    this.#end(this.#request.task.stop?.signal ?? "SIGTERM");
  }

  #end(signal: Signal): void {
    if (this.#tree === null) return this.#hooks.abort();
    this.#tree.signal(signal);
    if (this.#paused && this.#leader !== null) sendSignal(this.#leader, "SIGCONT");
    if (this.#lingering.delete(this)) this.#tree.whenGone(() => this.#gone());
  }

  #spawn(identity: Identity | null): void {
    const { output } = this.#deps;
    const { alias, run, task } = this.#request;
    let channel: Channel | null = null;
    let stdin: number | null = null;
    let started: Started;
    try {
      const prepared = prepare(this.#deps, this.#request, identity, task.cmd);
      channel = inContext("no room for its output", () => output.open({ alias, run, owner: identity }));
      if (typeof channel.stdout === "number" && !leavesRoom(channel.stdout))
        throw new Error(inWords({ code: "EMFILE" }));
      stdin = this.#openStdin(identity);
      this.#cgroup = makeGroup(this.#deps.cgroups, run, task.limits);
      started = this.#spawnInto(prepared, channel, stdin);
    } catch (error) {
      channel?.discard();
      this.#stdin?.close();
      this.#cgroup?.remove();
      return this.#fail(inWords(error));
    } finally {
      if (stdin !== null) closeSync(stdin);
    }
    this.#tellStart(started);
  }

  /** Throws an Error in words if there is no process. */
  #spawnInto(prepared: Prepared, channel: Channel, stdin: number | null): Started {
    const started = startProcess({
      children: this.#deps.children,
      prepared,
      stdin,
      channel,
      cgroup: this.#cgroup,
      onExit: (exit, usage) => {
        const used = usageOf(usage, this.#inheritedPeak);
        const { refused } = started;
        if (refused === null) void this.#exited(exit, used);
        else
          void refused.then((reason) => (reason === null ? this.#exited(exit, used) : this.#refuse(reason)));
      },
    });
    this.#inheritedPeak = ownPeak();
    this.#grow(started.pid, false, true);
    return started;
  }

  /** Until a launcher has become the command nothing of the task is there. */
  #tellStart({ pid, refused }: Started): void {
    const process = identify(pid);
    if (refused === null) return this.#listener.spawned(process);
    void refused.then((reason) => {
      if (reason === null) this.#listener.spawned(process);
    });
  }

  /** A descriptor for the process; `null` if it shall read an end at once. */
  #openStdin(identity: Identity | null): number | null {
    const { fifoDirs, clock } = this.#deps;
    if (this.#request.task.stdin !== "pipe") return null;
    this.#stdin = Stdin.make(fifoDirs, this.#request.run, identity, clock);
    return this.#stdin.openForProcess();
  }

  #grow(group: number, adopted: boolean, leaderLives: boolean): void {
    const { clock, strangers, service } = this.#deps;
    // what an earlier run of the same instance has left is that run's own, and does not keep this one from being gone
    const owner = { service, run: this.#request.run };
    this.#leader = leaderLives ? group : null;
    this.#tree = new ProcessTree({
      clock,
      strangers,
      group,
      owner,
      cgroup: this.#cgroup,
      adopted,
      leaderLives,
    });
  }

  /** The launcher has ended without having become the command. */
  #refuse(reason: string): void {
    this.#leader = null;
    this.#tree?.leaderExited();
    this.#stdin?.close();
    this.#cgroup?.remove();
    this.#fail(reason);
  }

  async #exited(exit: Exit | null, usage: Usage): Promise<void> {
    const { task } = this.#request;
    const pid = this.#leader;
    this.#leader = null;
    this.#tree?.leaderExited();
    this.#stdin?.close();
    this.#stdin = null;
    for (const earlier of this.#lingering) earlier.lookAgain();
    // what the command of stop has not reached is told now
    if (this.#ending && task.stop?.command !== undefined) this.#tree?.signal(task.stop.signal ?? "SIGTERM");
    const oom = task.limits?.memory_bytes !== undefined && this.#cgroup?.ranOutOfMemory() === true;
    if (task.hooks?.post_stop === undefined)
      return this.#tellExit(() => this.#listener.exited(exit, usage, undefined, oom));
    const at = this.#deps.clock.now();
    const problem = await this.#hooks.postStop(this.#request, pid, exit);
    if (problem !== null) this.#note(`post_stop: ${problem}`);
    this.#tellExit(() => this.#listener.exited(exit, usage, at, oom));
  }

  #tellExit(tell: () => void): void {
    tell();
    if (this.#ending) this.#tree?.whenGone(() => this.#gone());
    else if (this.#tree?.anythingLeft()) this.#lingering.add(this);
    else this.#gone();
  }

  #gone(): void {
    this.#cgroup?.remove();
    this.#listener.gone();
  }

  #fail(reason: string): void {
    this.#note(reason);
    this.#listener.failed(reason);
  }

  #note(text: string): void {
    this.#deps.output.note(this.#request.alias, `meproc: ${text}`);
  }
}

function inContext<T>(context: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw new Error(`${context}: ${inWords(error)}`, { cause: error });
  }
}
