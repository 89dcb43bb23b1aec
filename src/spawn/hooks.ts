/** The commands of a task's definition at the turns of its runs. Each says why it failed, `null` if it did not. */
import { commandFailure } from "../domain/command-end.ts";
import type { Commands, RunRequest } from "../domain/ports.ts";
import type { Exit } from "../domain/run.ts";
import type { Command } from "../domain/task-policies.ts";

const HOOK_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 10_000;
const SUCCESS = null;

interface Options {
  readonly timeoutMs: number;
  readonly pid: number | null;
  readonly variables?: Readonly<Record<string, string>>;
}

export class Hooks {
  readonly #commands: Commands;
  readonly #running = new Set<AbortController>();
  #stopping: Promise<string | null> | null = null;

  constructor(commands: Commands) {
    this.#commands = commands;
  }

  preStart(request: RunRequest): Promise<string | null> {
    const { hooks } = request.task;
    return this.#run(request, hooks?.pre_start, {
      timeoutMs: hooks?.timeout_ms ?? HOOK_TIMEOUT_MS,
      pid: null,
    });
  }

  /** `pid` is the number that the process had. */
  postStop(request: RunRequest, pid: number | null, exit: Exit | null): Promise<string | null> {
    const { hooks } = request.task;
    return this.#run(request, hooks?.post_stop, {
      timeoutMs: hooks?.timeout_ms ?? HOOK_TIMEOUT_MS,
      pid,
      variables: variablesOf(exit),
    });
  }

  /** Whoever asks again while it runs waits for the same. */
  stop(request: RunRequest, pid: number): Promise<string | null> {
    const { stop } = request.task;
    this.#stopping ??= this.#run(request, stop?.command, {
      timeoutMs: stop?.timeout_ms ?? STOP_TIMEOUT_MS,
      pid,
    });
    return this.#stopping;
  }

  /** Whatever runs is killed; what comes after may run. */
  abort(): void {
    for (const running of this.#running) running.abort();
  }

  async #run(request: RunRequest, command: Command | undefined, options: Options): Promise<string | null> {
    if (command === undefined) return SUCCESS;
    const running = new AbortController();
    this.#running.add(running);
    const end = await this.#commands.run(request, command, { ...options, signal: running.signal });
    this.#running.delete(running);
    return commandFailure(end, options.timeoutMs);
  }
}

function variablesOf(exit: Exit | null): Record<string, string> {
  if (exit === null) return {};
  return exit.exit_signal === null
    ? { MEPROC_EXIT_CODE: String(exit.exit_code) }
    : { MEPROC_EXIT_SIGNAL: exit.exit_signal };
}
