/** An engine whose processes do what the test says. They outlive the service, as real ones do. */
import type { ProcessIdentity } from "../../src/domain/history.ts";
import type {
  Adopted,
  Engine,
  LeftRun,
  RunHandle,
  RunListener,
  RunRequest,
  TreeUsage,
} from "../../src/domain/ports.ts";
import type { Exit } from "../../src/domain/run.ts";
import type { Task } from "../../src/domain/task.ts";

const NO_USAGE = { max_rss_bytes: null, cpu_ms: null };
const NOBODY: RunListener = {
  spawned: () => undefined,
  failed: () => undefined,
  exited: () => undefined,
  gone: () => undefined,
};

export class FakeProcess implements RunHandle {
  readonly pid: number;
  readonly request: RunRequest;
  readonly signals: string[] = [];
  /** The definition that holds for it. */
  task: Task;
  alive = true;
  used: TreeUsage | null = null;
  listener: RunListener;

  constructor(pid: number, request: RunRequest, listener: RunListener) {
    this.pid = pid;
    this.request = request;
    this.task = request.task;
    this.listener = listener;
  }

  get identity(): ProcessIdentity {
    return { pid: this.pid, started: "1", boot: "b" };
  }

  /** The process is ended by a signal. */
  die(exit_signal: string): void {
    this.#end({ exit_code: null, exit_signal }, false);
  }

  /** The process ends; with `leaving` something of its group stays. */
  exit(exit_code = 0, leaving = false): void {
    this.#end({ exit_code, exit_signal: null }, leaving);
  }

  leave(): void {
    this.listener.gone();
  }

  fail(reason: string): void {
    this.alive = false;
    this.listener.failed(reason);
  }

  terminate(): void {
    this.signals.push("TERM");
  }

  kill(): void {
    this.signals.push("KILL");
  }

  update(task: Task): void {
    this.task = task;
  }

  signal(signal: string): void {
    this.signals.push(signal);
  }

  write(): Promise<void> {
    return Promise.resolve();
  }

  usage(): TreeUsage | null {
    return this.used;
  }

  #end(exit: Exit, leaving: boolean): void {
    this.alive = false;
    this.listener.exited(exit, NO_USAGE);
    if (!leaving) this.listener.gone();
  }
}

export class FakeEngine implements Engine {
  readonly processes: FakeProcess[] = [];

  start(request: RunRequest, listener: RunListener): RunHandle {
    const process = new FakeProcess(1000 + this.processes.length, request, listener);
    this.processes.push(process);
    queueMicrotask(() => {
      if (process.alive) process.listener.spawned(process.identity);
    });
    return process;
  }

  adopt(request: RunRequest, recorded: ProcessIdentity | null, listener: RunListener): Adopted | null {
    const found = this.processes.find(
      (each) =>
        each.alive && each.request.run === request.run && (recorded === null || recorded.pid === each.pid),
    );
    if (found === undefined) return null;
    found.listener = listener;
    return { handle: found, process: found.identity };
  }

  adoptRest(request: RunRequest, recorded: ProcessIdentity | null, listener: RunListener): RunHandle | null {
    return this.adopt(request, recorded, listener)?.handle ?? null;
  }

  left(): LeftRun[] {
    const alive = this.processes.filter((each) => each.alive);
    return alive.map(({ request: { run, task, index } }) => ({ run, place: { task: task.name, index } }));
  }

  /** The service is gone: nobody hears of what happens to its processes. */
  orphanAll(): void {
    for (const process of this.processes) process.listener = NOBODY;
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
