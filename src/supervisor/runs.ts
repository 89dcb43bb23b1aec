/**
 * The runs of one instance: the current one, and earlier ones of which something is left in the background. It starts,
 * adopts and ends them, writes their beginning and end to the history, and tells the facts. What follows from an end is
 * not its business.
 */
import type { ProcessIdentity, RunRecord } from "../domain/history.ts";
import { MeprocError } from "../domain/errors.ts";
import type { Moment } from "../domain/instance.ts";
import type {
  Clock,
  Engine,
  History,
  Publish,
  RunHandle,
  RunListener,
  RunRequest,
  TreeUsage,
} from "../domain/ports.ts";
import {
  type Exit,
  type Outcome,
  type RunId,
  type Trigger,
  type Usage,
  lost,
  outcomeOf,
} from "../domain/run.ts";
import type { Signal } from "../domain/task-policies.ts";
import type { Task } from "../domain/task.ts";
import type { Input } from "./machine.ts";

export interface RunsDeps {
  readonly clock: Clock;
  readonly engine: Engine;
  readonly history: History;
  readonly publish: Publish;
}

/** Which instance the runs are of. */
export interface Place {
  readonly task: Task;
  readonly index: number;
  readonly alias: string;
}

export interface LastRun {
  readonly run: RunId;
  readonly startedAt: Moment;
  readonly endedAt: Moment;
  readonly outcome: Outcome;
}

interface OpenRun {
  readonly run: RunId;
  readonly trigger: Trigger;
  readonly startedAt: Moment;
  handle: RunHandle | null;
  pid: number | null;
  /** There is a process, or a thread; before that it is only asked for. */
  spawned: boolean;
  stoppedByUs: boolean;
  exited: boolean;
}

const UNKNOWN: Usage = { max_rss_bytes: null, cpu_ms: null };
const UNSEEN = "it ended while the service was not there to see how";
const UNCOLLECTED = "it ended, and how is not known: the service that started it is no more";

export class Runs {
  last: LastRun | null = null;
  /** Nothing is noted any more. */
  frozen = false;
  readonly #place: Place;
  readonly #deps: RunsDeps;
  readonly #post: (input: Input) => void;
  readonly #open = new Map<RunId, OpenRun>();

  constructor(place: Place, deps: RunsDeps, post: (input: Input) => void) {
    this.#place = place;
    this.#deps = deps;
    this.#post = post;
  }

  /** Something is there, or being started. */
  get any(): boolean {
    return this.#open.size > 0;
  }

  /** The run whose process is alive, if any. */
  get live(): Readonly<Pick<OpenRun, "run" | "pid" | "startedAt">> | null {
    for (const open of this.#open.values()) if (open.spawned && !open.exited) return open;
    return null;
  }

  spawn(run: RunId, trigger: Trigger, scheduledFor: number | null): void {
    const { clock, engine, history } = this.#deps;
    const { task, index, alias } = this.#place;
    const open = this.#add(run, trigger, clock.now());
    history.runStarting({
      run,
      task: task.name,
      index,
      alias,
      trigger,
      scheduledFor,
      startedAt: Math.round(open.startedAt.wall),
    });
    open.handle = engine.start(this.#request(run), this.#listener(open));
  }

  /**
   * Takes over what an earlier service left of a run, or closes its record. What follows from an end that is only noticed
   * now is decided if the task is `wanted`; else it would be started again before it is stopped.
   */
  adopt(record: RunRecord, wanted: boolean): void {
    const open = this.#add(record.run, record.trigger, momentOf(record.startedAt, this.#deps.clock.now()));
    const adopted = this.#deps.engine.adopt(this.#request(record.run), record.process, this.#listener(open));
    if (adopted === null) {
      this.#open.delete(open.run);
      return this.#lose(open, wanted);
    }
    open.handle = adopted.handle;
    if (adopted.process === null) return this.#lose(open, wanted);
    open.pid = adopted.process.pid;
    open.spawned = true;
    if (record.process === null) this.#deps.history.runSpawned(open.run, adopted.process);
    this.#post({ kind: "adopted", run: open.run, pid: open.pid });
    this.#publish({ kind: "run.adopted", pid: open.pid }, open);
  }

  /** Takes over what is left in the background of a run whose end is known. */
  adoptLeftovers(record: RunRecord): void {
    if (this.#open.has(record.run)) return;
    const open = this.#add(record.run, record.trigger, momentOf(record.startedAt, this.#deps.clock.now()));
    open.exited = true;
    const request = this.#request(record.run);
    open.handle = this.#deps.engine.adoptRest(request, record.process, this.#listener(open));
    if (open.handle === null) this.#open.delete(open.run);
  }

  /** From the history: how the last run ended. */
  recall(record: RunRecord): void {
    if (record.end === null) return;
    const now = this.#deps.clock.now();
    this.last = {
      run: record.run,
      startedAt: momentOf(record.startedAt, now),
      endedAt: momentOf(record.end.endedAt, now),
      outcome: record.end.outcome,
    };
  }

  /** The engine lets go at the same moment: what has not been spawned by now never will, and is as if not asked for. */
  freeze(): void {
    this.frozen = true;
    for (const { run, spawned, exited } of this.#open.values())
      if (!spawned && !exited) this.#deps.history.forgetRun(run);
  }

  signal(signal: Signal): void {
    this.#handle().signal(signal);
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#handle().write(bytes);
  }

  usage(): TreeUsage | null {
    for (const { exited, handle } of this.#open.values()) if (!exited) return handle?.usage() ?? null;
    return null;
  }

  /** Of the process that runs. Throws `conflict` if none does. */
  #handle(): RunHandle {
    for (const { spawned, exited, handle } of this.#open.values())
      if (spawned && !exited && handle !== null) return handle;
    throw new MeprocError("conflict", `${this.#place.alias} is not running`);
  }

  terminate(): void {
    for (const open of this.#open.values()) {
      open.stoppedByUs = true;
      open.handle?.terminate();
    }
  }

  kill(): void {
    for (const open of this.#open.values()) open.handle?.kill();
  }

  #request(run: RunId): RunRequest {
    const { task, index, alias } = this.#place;
    return { run, task, index, alias };
  }

  #add(run: RunId, trigger: Trigger, startedAt: Moment): OpenRun {
    const open: OpenRun = {
      run,
      trigger,
      startedAt,
      handle: null,
      pid: null,
      spawned: false,
      stoppedByUs: false,
      exited: false,
    };
    this.#open.set(run, open);
    return open;
  }

  #listener(open: OpenRun): RunListener {
    const unlessFrozen =
      <Args extends unknown[]>(tell: (...args: Args) => void) =>
      (...args: Args) => {
        if (!this.frozen) tell(...args);
      };
    return {
      spawned: unlessFrozen((process) => this.#spawned(open, process)),
      failed: unlessFrozen((reason) => this.#failed(open, reason)),
      exited: unlessFrozen((exit, usage) => this.#exited(open, exit, usage)),
      gone: unlessFrozen(() => this.#gone(open)),
    };
  }

  #gone({ run }: OpenRun): void {
    this.#open.delete(run);
    this.#tellGone();
  }

  #spawned(open: OpenRun, process: ProcessIdentity | null): void {
    open.spawned = true;
    open.pid = process?.pid ?? null;
    if (process !== null) this.#deps.history.runSpawned(open.run, process);
    this.#publish({ kind: "run.started", pid: open.pid, trigger: open.trigger }, open);
    this.#post({ kind: "spawned", run: open.run, pid: open.pid });
  }

  #failed(open: OpenRun, reason: string): void {
    open.exited = true;
    this.#open.delete(open.run);
    const result = open.stoppedByUs ? "stopped" : "spawn_error";
    this.#end(open, { result, exit_code: null, exit_signal: null, reason }, UNKNOWN);
    this.#post({ kind: "spawn_failed", run: open.run, reason });
    this.#tellGone();
  }

  #exited(open: OpenRun, exit: Exit | null, usage: Usage): void {
    open.exited = true;
    const outcome = exit === null ? uncollected(open) : outcomeOf(exit, open.stoppedByUs);
    this.#end(open, outcome, usage);
    this.#post({ kind: "exited", run: open.run, outcome });
  }

  /** Its process had ended before we came. */
  #lose(open: OpenRun, wanted: boolean): void {
    open.exited = true;
    const outcome = lost(UNSEEN);
    if (wanted) this.#post({ kind: "adopted", run: open.run, pid: null });
    this.#end(open, outcome, UNKNOWN);
    if (wanted) this.#post({ kind: "exited", run: open.run, outcome });
  }

  #end(open: OpenRun, outcome: Outcome, usage: Usage): void {
    const endedAt = this.#deps.clock.now();
    this.last = { run: open.run, startedAt: open.startedAt, endedAt, outcome };
    const durationMs = Math.max(0, Math.round(endedAt.mono - open.startedAt.mono));
    this.#deps.history.runEnded(open.run, { endedAt: Math.round(endedAt.wall), durationMs, outcome, usage });
    this.#publish({ kind: "run.finished", pid: open.pid, outcome, duration_ms: durationMs, usage }, open);
  }

  #tellGone(): void {
    if (this.#open.size === 0) this.#post({ kind: "gone" });
  }

  #publish(
    fact:
      | { kind: "run.started"; pid: number | null; trigger: Trigger }
      | { kind: "run.adopted"; pid: number | null }
      | { kind: "run.finished"; pid: number | null; outcome: Outcome; duration_ms: number; usage: Usage },
    { run }: OpenRun,
  ): void {
    const { task, index, alias } = this.#place;
    this.#deps.publish({ ...fact, task: task.name, type: task.type, alias, index, run });
  }
}

function uncollected({ stoppedByUs }: OpenRun): Outcome {
  return stoppedByUs ? { ...lost(UNCOLLECTED), result: "stopped", reason: null } : lost(UNCOLLECTED);
}

/** A wall time of the past on this process's monotonic clock. */
function momentOf(wall: number, now: Moment): Moment {
  return { wall, mono: now.mono - Math.max(0, now.wall - wall) };
}
