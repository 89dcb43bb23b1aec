/**
 * Runs inside the service: a TypeScript or JavaScript file in a Worker of its own. The Worker writes straight into
 * the run's channel, so its output is captured like a process's; it can be ended whatever it does.
 */
import { closeSync, constants, existsSync, openSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { Worker } from "node:worker_threads";
import { withIndex } from "../domain/index-placeholder.ts";
import type { Channel, Engine, OutputSink, RunHandle, RunListener, RunRequest } from "../domain/ports.ts";
import { MeprocError } from "../domain/errors.ts";
import { commandLine } from "../domain/task.ts";
import type { Exit, Usage } from "../domain/run.ts";
import { type Environment, environmentOf, layersOf } from "./environment.ts";
import type { Strangers } from "./strangers.ts";
import { sendSignal } from "./tree.ts";
import { inWords } from "../platform/system-errors.ts";

/** What a thread uses cannot be told apart from the rest of the service. */
const NO_USAGE: Usage = { max_rss_bytes: null, cpu_ms: null };

export interface CoroutineEngineDeps {
  readonly output: OutputSink;
  readonly strangers: Strangers;
  readonly environment: Environment;
  readonly service: string;
  /** Puts on disk what has been noted of runs: to be called before they get a thread. */
  readonly commit: () => void;
  /** The module that prepares a Worker for a script. */
  readonly host: string | URL;
}

export class CoroutineEngine implements Engine {
  readonly #deps: CoroutineEngineDeps;

  constructor(deps: CoroutineEngineDeps) {
    this.#deps = deps;
  }

  start(request: RunRequest, listener: RunListener): RunHandle {
    const run = new CoroutineRun(this.#deps, request, listener);
    queueMicrotask(() => {
      this.#deps.commit();
      run.start();
    });
    return run;
  }

  /** A thread ends with its service; what it has started is ended here. */
  adopt({ run }: RunRequest): null {
    const { strangers, service } = this.#deps;
    for (const pid of strangers.everyOf({ service, run })) sendSignal(pid, "SIGKILL");
    return null;
  }

  adoptRest(request: RunRequest): null {
    return this.adopt(request);
  }

  left(): [] {
    return [];
  }
}

class CoroutineRun implements RunHandle {
  readonly #deps: CoroutineEngineDeps;
  readonly #request: RunRequest;
  readonly #listener: RunListener;
  #worker: Worker | null = null;
  #ended: "SIGTERM" | null = null;

  constructor(deps: CoroutineEngineDeps, request: RunRequest, listener: RunListener) {
    this.#deps = deps;
    this.#request = request;
    this.#listener = listener;
  }

  start(): void {
    if (this.#ended !== null) return this.#listener.failed("stopped before it was started");
    const script = resolve(withIndex(commandLine(this.#request.task.cmd).trim(), this.#request.index));
    const problem = scriptProblem(script);
    if (problem !== null) return this.#fail(problem);
    let ends: Ends;
    try {
      const { alias, run } = this.#request;
      ends = takeEnds(this.#deps.output.open({ alias, run, owner: null }));
    } catch (error) {
      return this.#fail(`no room for its output: ${inWords(error)}`);
    }
    this.#run(script, ends);
  }

  terminate(): void {
    this.#ended = "SIGTERM";
    void this.#worker?.terminate();
  }

  kill(): void {
    this.terminate();
  }

  update(): void {
    // a coroutine has neither hooks nor a way of stopping of its own
  }

  signal(): never {
    throw new MeprocError("conflict", "A coroutine has no process that could take a signal");
  }

  write(): never {
    throw new MeprocError("conflict", "A coroutine has no stdin");
  }

  usage(): null {
    return null;
  }

  #run(script: string, ends: Ends): void {
    const { task, alias } = this.#request;
    const layers = layersOf(this.#deps.environment, this.#deps.service, this.#request, null);
    const worker = new Worker(this.#deps.host, {
      workerData: { conf: task, alias },
      env: environmentOf(layers, this.#request),
      argv: [script, String(ends.stdout), String(ends.stderr)],
      ...(ends.stdout === "pipe" ? { stdout: true, stderr: true } : {}),
    });
    this.#worker = worker;
    worker.on("error", (error) => {
      this.#deps.output.note(alias, inDetail(error));
    });
    worker.on("exit", (code) => {
      ends.close();
      if (this.#ended !== null) this.#endChildren();
      this.#listener.exited(this.#exitOf(code), NO_USAGE);
      this.#listener.gone();
    });
    this.#listener.spawned(null);
  }

  /** Processes that the script has started are told by their environment. */
  #endChildren(): void {
    const { strangers, service } = this.#deps;
    for (const pid of strangers.everyOf({ service, run: this.#request.run })) sendSignal(pid, "SIGKILL");
  }

  #exitOf(code: number): Exit {
    if (this.#ended !== null) return { exit_code: null, exit_signal: this.#ended };
    return { exit_code: code, exit_signal: null };
  }

  #fail(reason: string): void {
    this.#deps.output.note(this.#request.alias, `meproc: ${reason}`);
    this.#listener.failed(reason);
  }
}

interface Ends extends Pick<Channel, "stdout" | "stderr"> {
  readonly close: () => void;
}

/**
 * The Worker writes with the descriptors of the service, so it needs copies of its own: the channel closes the
 * originals when it is told of the spawn, and only then begins to read.
 */
function takeEnds(channel: Channel): Ends {
  const { stdout, stderr } = channel;
  if (stdout === "pipe" || stderr === "pipe") return { stdout, stderr, close: () => channel.spawned(null) };
  try {
    const copies = [stdout, stderr].map((fd) => openSync(`/dev/fd/${fd}`, constants.O_WRONLY));
    const [out = -1, err = -1] = copies;
    channel.spawned(null);
    return { stdout: out, stderr: err, close: () => closeAll(copies) };
  } catch (error) {
    channel.discard();
    throw error;
  }
}

function closeAll(descriptors: readonly number[]): void {
  for (const fd of descriptors) closeSync(fd);
}

/** A script that cannot be built fails with several errors in one. */
function inDetail(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (!(error instanceof AggregateError)) return error.stack ?? error.message;
  return [error.message, ...error.errors.map(String)].join("\n");
}

function scriptProblem(script: string): string | null {
  if (!existsSync(script)) return "the script does not exist";
  return statSync(script).isFile() ? null : "the script is not a file";
}
