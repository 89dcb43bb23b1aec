/** An engine whose processes do what the test says. */
import type { Engine, RunHandle, RunListener, RunRequest } from "../../src/domain/ports.ts";
import type { Exit } from "../../src/domain/run.ts";

const NO_USAGE = { max_rss_bytes: null, cpu_ms: null };

export class FakeProcess implements RunHandle {
  readonly pid: number;
  readonly request: RunRequest;
  readonly signals: string[] = [];
  alive = true;
  readonly #listener: RunListener;

  constructor(pid: number, request: RunRequest, listener: RunListener) {
    this.pid = pid;
    this.request = request;
    this.#listener = listener;
  }

  spawned(): this {
    this.#listener.spawned(this.pid);
    return this;
  }

  /** The process ends; with `leaving` something of its group stays. */
  exit(exit_code = 0, leaving = false): void {
    this.#end({ exit_code, exit_signal: null }, leaving);
  }

  leave(): void {
    this.#listener.gone();
  }

  fail(reason: string): void {
    this.alive = false;
    this.#listener.failed(reason);
  }

  terminate(): void {
    this.signals.push("TERM");
  }

  kill(): void {
    this.signals.push("KILL");
  }

  #end(exit: Exit, leaving: boolean): void {
    this.alive = false;
    this.#listener.exited(exit, NO_USAGE);
    if (!leaving) this.#listener.gone();
  }
}

export class FakeEngine implements Engine {
  readonly processes: FakeProcess[] = [];

  start(request: RunRequest, listener: RunListener): RunHandle {
    const process = new FakeProcess(1000 + this.processes.length, request, listener);
    this.processes.push(process);
    queueMicrotask(() => {
      if (process.alive) process.spawned();
    });
    return process;
  }

  /** The live processes of a task. */
  of(task: string): FakeProcess[] {
    return this.processes.filter((each) => each.alive && each.request.task.name === task);
  }

  one(task: string): FakeProcess {
    const [process, ...more] = this.of(task);
    if (process === undefined || more.length > 0)
      throw new Error(`${task} has ${this.of(task).length} processes`);
    return process;
  }
}
