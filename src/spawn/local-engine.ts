/**
 * Runs as local processes: each a session of its own, its output in the channel it is given. `Bun.spawn` is called
 * in one place, here.
 */
import type {
  Channel,
  Clock,
  Engine,
  Identity,
  OutputSink,
  RunHandle,
  RunListener,
  RunRequest,
  Users,
} from "../domain/ports.ts";
import type { Exit, Usage } from "../domain/run.ts";
import { inWords } from "../platform/system-errors.ts";
import type { Children } from "./children.ts";
import { type Environment, environmentOf } from "./environment.ts";
import { launchCommand } from "./launcher.ts";
import type { Strangers } from "./strangers.ts";
import { ProcessTree, sendSignal } from "./tree.ts";

/** How long the end of the service waits for what hangs in the kernel. */
const LAST_KILL_MS = 1000;

export interface LocalEngineDeps {
  readonly clock: Clock;
  readonly output: OutputSink;
  readonly users: Users;
  readonly children: Children;
  readonly strangers: Strangers;
  readonly environment: Environment;
  /** Tells this service's descendants from another's. */
  readonly service: string;
  /** The command that starts this executable. */
  readonly self: readonly string[];
}

export class LocalEngine implements Engine {
  readonly #deps: LocalEngineDeps;
  /** Runs whose process has exited and of whose group something was left then. */
  readonly #lingering = new Set<LocalRun>();

  constructor(deps: LocalEngineDeps) {
    this.#deps = deps;
  }

  start(request: RunRequest, listener: RunListener): RunHandle {
    const run = new LocalRun(this.#deps, request, listener, this.#lingering);
    queueMicrotask(() => void run.start());
    return run;
  }

  /** The end of the service: every child of it is killed, and what those leave behind, until none is left. */
  close(): void {
    const { strangers, clock } = this.#deps;
    const deadline = clock.now().mono + LAST_KILL_MS;
    for (;;) {
      const left = strangers.everyone();
      if (left.length === 0 || clock.now().mono > deadline) break;
      for (const pid of left) sendSignal(pid, "SIGKILL");
      Bun.sleepSync(1);
    }
    strangers.close();
  }
}

class LocalRun implements RunHandle {
  readonly #deps: LocalEngineDeps;
  readonly #request: RunRequest;
  readonly #listener: RunListener;
  readonly #lingering: Set<LocalRun>;
  #tree: ProcessTree | null = null;
  #ending = false;

  constructor(deps: LocalEngineDeps, request: RunRequest, listener: RunListener, lingering: Set<LocalRun>) {
    this.#deps = deps;
    this.#request = request;
    this.#listener = listener;
    this.#lingering = lingering;
  }

  async start(): Promise<void> {
    const { user, group } = this.#request.task;
    const identity = user === null && group === null ? null : await this.#deps.users.resolve(user, group);
    if (this.#ending) return this.#listener.failed("stopped before it was started");
    if (identity instanceof Error) return this.#fail(`${user ?? group}: ${identity.message}`);
    this.#spawn(identity);
  }

  terminate(): void {
    this.#end("SIGTERM");
  }

  kill(): void {
    this.#end("SIGKILL");
  }

  /** Whether something of an ended run is still there; if not, that is told. */
  lookAgain(): void {
    if (this.#tree?.anythingLeft()) return;
    this.#lingering.delete(this);
    this.#listener.gone();
  }

  #end(signal: "SIGTERM" | "SIGKILL"): void {
    this.#ending = true;
    this.#tree?.signal(signal);
    if (this.#lingering.delete(this)) this.#tree?.whenGone(() => this.#listener.gone());
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
    try {
      this.#spawnInto(channel, identity);
    } catch (error) {
      channel.discard();
      this.#fail(inWords(error));
    }
  }

  #spawnInto(channel: Channel, identity: Identity | null): void {
    const { children, environment, service, strangers, clock } = this.#deps;
    const { task, index } = this.#request;
    const child = Bun.spawn(this.#command(identity), {
      env: environmentOf(environment, service, this.#request, identity),
      stdio: ["ignore", channel.stdout, channel.stderr],
      detached: true,
      windowsHide: true,
      onExit: (process, code, signal) => {
        children.delete(process.pid);
        this.#exited(exitOf(code, process.signalCode ?? signal), usageOf(process.resourceUsage()));
      },
    });
    children.add(child.pid);
    const { stdout, stderr } = child;
    const piped = stdout instanceof ReadableStream && stderr instanceof ReadableStream;
    channel.spawned(piped ? { stdout, stderr } : null);
    this.#tree = new ProcessTree(child.pid, { service, task: task.name, index }, strangers, clock);
    this.#listener.spawned(child.pid);
  }

  #command(identity: Identity | null): string[] {
    const { cmd } = this.#request.task;
    const shell = process.platform === "win32" ? ["cmd.exe", "/d", "/s", "/c", cmd] : ["/bin/sh", "-c", cmd];
    // Without the right to become somebody else it can only be ourselves.
    if (identity === null || process.geteuid?.() !== 0) return shell;
    return launchCommand(this.#deps.self, identity, shell);
  }

  #exited(exit: Exit, usage: Usage): void {
    const tree = this.#tree;
    tree?.leaderExited();
    for (const earlier of this.#lingering) earlier.lookAgain();
    this.#listener.exited(exit, usage);
    if (this.#ending) tree?.whenGone(() => this.#listener.gone());
    else if (tree?.anythingLeft()) this.#lingering.add(this);
    else this.#listener.gone();
  }

  #fail(reason: string): void {
    this.#deps.output.note(this.#request.alias, `meproc: ${reason}`);
    this.#listener.failed(reason);
  }
}

function exitOf(code: number | null, signal: NodeJS.Signals | number | null): Exit {
  if (signal !== null && signal !== 0) return { exit_code: null, exit_signal: String(signal) };
  return { exit_code: code ?? 0, exit_signal: null };
}

function usageOf(usage: Bun.ResourceUsage | undefined): Usage {
  if (usage === undefined) return { max_rss_bytes: null, cpu_ms: null };
  return { max_rss_bytes: usage.maxRSS, cpu_ms: Math.round(Number(usage.cpuTime.total) / 1000) };
}
