/** One process and everything that it starts, from its spawn, or its adoption, until nothing of it is left. */
import { MeprocError } from "../domain/errors.ts";
import type { Signal } from "../domain/task-policies.ts";
import type {
  Channel,
  Clock,
  Identity,
  OutputSink,
  RunHandle,
  RunListener,
  RunRequest,
  TreeUsage,
  Users,
} from "../domain/ports.ts";
import type { ProcessIdentity } from "../domain/history.ts";
import type { Exit, Usage } from "../domain/run.ts";
import { inWords } from "../platform/system-errors.ts";
import type { Cgroup, Cgroups } from "./cgroup.ts";
import type { Children } from "./children.ts";
import { type Environment, environmentOf } from "./environment.ts";
import type { ExitWatch } from "./exit-watch.ts";
import { identify } from "./identity.ts";
import { launchCommand } from "./launcher.ts";
import type { Strangers } from "./strangers.ts";
import { ProcessTree } from "./tree.ts";
import { exitOf, exitOfStatus } from "./wait-status.ts";

export interface LocalRunDeps {
  readonly clock: Clock;
  readonly output: OutputSink;
  readonly users: Users;
  readonly children: Children;
  readonly strangers: Strangers;
  readonly exits: ExitWatch;
  /** `null` where the system lets us make none. */
  readonly cgroups: Cgroups | null;
  readonly environment: Environment;
  /** Tells this data directory's descendants from another's. */
  readonly service: string;
  /** The command that starts this executable. */
  readonly self: readonly string[];
}

const NO_USAGE: Usage = { max_rss_bytes: null, cpu_ms: null };

export class LocalRun implements RunHandle {
  readonly #deps: LocalRunDeps;
  readonly #request: RunRequest;
  readonly #listener: RunListener;
  /** Runs whose process has exited and of which something was left then. */
  readonly #lingering: Set<LocalRun>;
  #tree: ProcessTree | null = null;
  #cgroup: Cgroup | null = null;
  /** The peak of memory with which the process began: the service's own, in bytes. */
  #inheritedPeak = 0;
  #ending = false;

  constructor(deps: LocalRunDeps, request: RunRequest, listener: RunListener, lingering: Set<LocalRun>) {
    this.#deps = deps;
    this.#request = request;
    this.#listener = listener;
    this.#lingering = lingering;
  }

  /** `released` tells whether the service has left meanwhile; then nothing is started any more. */
  async start(released: () => boolean): Promise<void> {
    const { user, group } = this.#request.task;
    const identity = user === null && group === null ? null : await this.#deps.users.resolve(user, group);
    if (released()) return;
    if (this.#ending) return this.#listener.failed("stopped before it was started");
    if (identity instanceof Error) return this.#fail(`${user ?? group}: ${identity.message}`);
    this.#spawn(identity);
  }

  /** Takes over a process that lives; `process` is known to be the one. */
  adoptProcess(process: ProcessIdentity): void {
    const { children, exits, strangers } = this.#deps;
    this.#cgroup = this.#deps.cgroups?.find(this.#request.run) ?? null;
    this.#grow(process.pid, true, true);
    // after an upgrade in place it is our child still, and its exit is ours to collect
    children.add(process.pid);
    exits.watch(process.pid, () => {
      const status = strangers.collect(process.pid);
      children.delete(process.pid);
      this.#exited(status === null ? null : exitOfStatus(status), NO_USAGE);
    });
  }

  /** Takes over a child that ended while its service became another executable: how, is still to be had. */
  adoptEnded(group: number, status: number): void {
    this.#cgroup = this.#deps.cgroups?.find(this.#request.run) ?? null;
    this.#grow(group, true, false);
    queueMicrotask(() => this.#exited(exitOfStatus(status), NO_USAGE));
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
    this.#end("SIGTERM");
  }

  kill(): void {
    this.#end("SIGKILL");
  }

  signal(signal: Signal): void {
    if (this.#tree === null) throw new MeprocError("conflict", "There is no process");
    this.#tree.signal(signal);
  }

  write(): Promise<void> {
    throw new MeprocError("conflict", "Its stdin is not open");
  }

  usage(): TreeUsage | null {
    return null;
  }

  /** Whether something of an ended run is still there; if not, that is told. */
  lookAgain(): void {
    if (this.#tree?.anythingLeft()) return;
    this.#lingering.delete(this);
    this.#gone();
  }

  #end(signal: "SIGTERM" | "SIGKILL"): void {
    this.#ending = true;
    this.#tree?.signal(signal);
    if (this.#lingering.delete(this)) this.#tree?.whenGone(() => this.#gone());
  }

  #spawn(identity: Identity | null): void {
    const { output } = this.#deps;
    const { alias, run } = this.#request;
    let channel: Channel;
    try {
      channel = output.open({ alias, run, owner: identity });
    } catch (error) {
      return this.#fail(`no room for its output: ${inWords(error)}`);
    }
    let pid: number;
    try {
      pid = this.#spawnInto(channel, identity);
    } catch (error) {
      channel.discard();
      this.#cgroup?.remove();
      return this.#fail(inWords(error));
    }
    this.#listener.spawned(identify(pid));
  }

  /** Returns the pid. Throws only if there is no process. */
  #spawnInto(channel: Channel, identity: Identity | null): number {
    const { children, environment, service, cgroups } = this.#deps;
    this.#cgroup = cgroups?.make(this.#request.run) ?? null;
    const child = Bun.spawn(this.#command(identity), {
      env: environmentOf(environment, service, this.#request, identity),
      stdio: ["ignore", channel.stdout, channel.stderr],
      detached: true,
      windowsHide: true,
      ...(this.#cgroup === null ? {} : { cgroup: this.#cgroup.path }),
      onExit: (child, code, signal) => {
        children.delete(child.pid);
        const usage = usageOf(child.resourceUsage(), this.#inheritedPeak);
        this.#exited(exitOf(code, child.signalCode ?? signal), usage);
      },
    });
    this.#inheritedPeak = ownPeak();
    children.add(child.pid);
    const { stdout, stderr } = child;
    const piped = stdout instanceof ReadableStream && stderr instanceof ReadableStream;
    channel.spawned(piped ? { stdout, stderr } : null);
    this.#grow(child.pid, false, true);
    return child.pid;
  }

  #grow(group: number, adopted: boolean, leaderLives: boolean): void {
    const { clock, strangers, service } = this.#deps;
    // what an earlier run of the same instance has left is that run's own, and does not keep this one from being gone
    const owner = { service, run: this.#request.run };
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

  #command(identity: Identity | null): string[] {
    const { cmd } = this.#request.task;
    const command = typeof cmd === "string" ? inShell(cmd) : [...cmd];
    // without the right to become somebody else it can only be ourselves
    if (identity === null || process.geteuid?.() !== 0) return command;
    return launchCommand(this.#deps.self, identity, command);
  }

  #exited(exit: Exit | null, usage: Usage): void {
    const tree = this.#tree;
    tree?.leaderExited();
    for (const earlier of this.#lingering) earlier.lookAgain();
    this.#listener.exited(exit, usage);
    if (this.#ending) tree?.whenGone(() => this.#gone());
    else if (tree?.anythingLeft()) this.#lingering.add(this);
    else this.#gone();
  }

  #gone(): void {
    this.#cgroup?.remove();
    this.#listener.gone();
  }

  #fail(reason: string): void {
    this.#deps.output.note(this.#request.alias, `meproc: ${reason}`);
    this.#listener.failed(reason);
  }
}

function inShell(line: string): string[] {
  return process.platform === "win32" ? ["cmd.exe", "/d", "/s", "/c", line] : ["/bin/sh", "-c", line];
}

/**
 * On Linux a child begins with the peak of the service that spawned it, as the two share their memory until it becomes
 * another program: up to that nothing is known of its own.
 */
export function usageOf(usage: Bun.ResourceUsage | undefined, inheritedPeak: number): Usage {
  if (usage === undefined) return NO_USAGE;
  const cpu_ms = Math.round(Number(usage.cpuTime.total) / 1000);
  return { max_rss_bytes: usage.maxRSS > inheritedPeak ? usage.maxRSS : null, cpu_ms };
}

function ownPeak(): number {
  return process.platform === "linux" ? process.resourceUsage().maxRSS * 1024 : 0;
}
