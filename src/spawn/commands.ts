/**
 * Commands that belong to a run: hooks, the commands of stop and reload, checks of health. Each is a tree of its own beside
 * the run's: what it leaves in the background ends with it.
 */
import type {
  Cancel,
  Channel,
  Clock,
  CommandEnd,
  CommandOptions,
  Commands,
  Identity,
  OutputSink,
  RunRequest,
  Users,
} from "../domain/ports.ts";
import type { Exit } from "../domain/run.ts";
import type { Command } from "../domain/task-policies.ts";
import { inWords } from "../platform/system-errors.ts";
import type { Cgroup, Cgroups } from "./cgroup.ts";
import type { Children } from "./children.ts";
import { type PreparationDeps, type Prepared, prepare } from "./preparation.ts";
import { startProcess } from "./start-process.ts";
import type { Strangers } from "./strangers.ts";
import { ProcessTree } from "./tree.ts";

export interface CommandsDeps extends PreparationDeps {
  readonly clock: Clock;
  readonly output: OutputSink;
  readonly users: Users;
  readonly children: Children;
  readonly strangers: Strangers;
  readonly cgroups: Cgroups | null;
}

export class LocalCommands implements Commands {
  readonly #deps: CommandsDeps;
  readonly #running = new Set<() => void>();
  #closed = false;

  constructor(deps: CommandsDeps) {
    this.#deps = deps;
  }

  async run(request: RunRequest, command: Command, options: CommandOptions): Promise<CommandEnd> {
    const { user, group } = request.task;
    const identity = user === null && group === null ? null : await this.#deps.users.resolve(user, group);
    if (this.#closed || options.signal?.aborted) return { kind: "aborted" };
    if (identity instanceof Error) return failed(`${user ?? group}: ${identity.message}`);
    const running = new RunningCommand(this.#deps, request, options);
    const abort = () => running.kill({ kind: "aborted" });
    this.#running.add(abort);
    options.signal?.addEventListener("abort", abort);
    try {
      return await running.start(command, identity);
    } finally {
      options.signal?.removeEventListener("abort", abort);
      this.#running.delete(abort);
    }
  }

  /** The service leaves: what runs is killed, and nothing is started any more. */
  close(): void {
    this.#closed = true;
    for (const abort of this.#running) abort();
  }
}

class RunningCommand {
  readonly #deps: CommandsDeps;
  readonly #request: RunRequest;
  readonly #options: CommandOptions;
  readonly #id = Bun.randomUUIDv7();
  readonly #ended = Promise.withResolvers<CommandEnd>();
  #tree: ProcessTree | null = null;
  #cgroup: Cgroup | null = null;
  #deadline: Cancel | null = null;
  /** Why it was killed before its end. */
  #verdict: CommandEnd | null = null;

  constructor(deps: CommandsDeps, request: RunRequest, options: CommandOptions) {
    this.#deps = deps;
    this.#request = request;
    this.#options = options;
  }

  start(command: Command, identity: Identity | null): Promise<CommandEnd> {
    const { clock } = this.#deps;
    const { alias, run } = this.#request;
    try {
      const prepared = prepare(this.#deps, this.#request, identity, command, this.#variables());
      // its FIFOs have names of their own, beside those of the run
      const channel = this.#options.quiet
        ? null
        : this.#deps.output.open({ alias, run: `${run}.${this.#id}`, owner: identity });
      this.#spawn(prepared, channel);
    } catch (error) {
      return Promise.resolve(failed(inWords(error)));
    }
    const end = clock.now().mono + this.#options.timeoutMs;
    this.#deadline = clock.at(end, () => this.kill({ kind: "timeout" }));
    return this.#ended.promise;
  }

  kill(verdict: CommandEnd): void {
    this.#verdict ??= verdict;
    this.#tree?.signal("SIGKILL");
  }

  #variables(): Record<string, string> {
    const { pid, variables = {} } = this.#options;
    return { ...variables, ...(pid === null ? {} : { MEPROC_PID: String(pid) }), MEPROC_COMMAND: this.#id };
  }

  #spawn(prepared: Prepared, channel: Channel | null): void {
    const { children, clock, strangers, service, cgroups } = this.#deps;
    this.#cgroup = cgroups?.makeForCommand(this.#id) ?? null;
    try {
      const { pid, refused } = startProcess({
        children,
        prepared,
        stdin: null,
        channel,
        cgroup: this.#cgroup,
        onExit: (exit) => void this.#exited(exit, refused),
      });
      this.#tree = new ProcessTree({
        clock,
        strangers,
        group: pid,
        owner: { service, command: this.#id },
        cgroup: this.#cgroup,
        adopted: false,
        leaderLives: true,
      });
    } catch (error) {
      channel?.discard();
      this.#cgroup?.remove();
      throw error;
    }
  }

  async #exited(exit: Exit, refused: Promise<string | null> | null): Promise<void> {
    const tree = this.#tree;
    tree?.leaderExited();
    this.#deadline?.();
    tree?.signal("SIGKILL");
    const reason = await refused;
    tree?.whenGone(() => {
      this.#cgroup?.remove();
      const end: CommandEnd = reason === null ? { kind: "exited", exit } : failed(reason);
      this.#ended.resolve(this.#verdict ?? end);
    });
  }
}

function failed(reason: string): CommandEnd {
  return { kind: "failed", reason };
}
