/**
 * The runs of one instance: the current one, and earlier ones of which something is left in the background. It starts,
 * adopts and ends them, writes their beginning and end to the history, and tells the facts. What follows from an end is
 * not its business.
 */
import { MeprocError } from "../domain/errors.ts";
import type { Actor } from "../domain/fact.ts";
import type { ProcessIdentity, RunRecord } from "../domain/history.ts";
import type { Cause, Moment } from "../domain/instance.ts";
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
  verdict,
} from "../domain/run.ts";
import type { Signal } from "../domain/task-policies.ts";
import type { Task } from "../domain/task.ts";
import type { Input } from "./lifecycle.ts";

export interface RunsDeps {
  readonly clock: Clock;
  readonly engine: Engine;
  readonly history: History;
  readonly publish: Publish;
}

/** Which instance the runs are of; its definition may change. */
export interface Place {
  task: Task;
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
  /** Unix ms; `null` for a run that no schedule asked for. */
  readonly scheduledFor: number | null;
  readonly startedAt: Moment;
  readonly actor: Actor;
  handle: RunHandle | null;
  pid: number | null;
  /** There is a process, or a thread; before that it is only asked for. */
  spawned: boolean;
  exited: boolean;
  /** When we asked it to end, and what a rule that did so says of it. */
  ending: { readonly mono: number; readonly verdict: Outcome | null } | null;
}

/** A run whose process is alive. */
export type LiveRun = Readonly<Pick<OpenRun, "run" | "pid" | "startedAt">>;

const UNKNOWN: Usage = { max_rss_bytes: null, cpu_ms: null };
const UNSEEN = "it ended while the service was not there to see how";
const OUT_OF_MEMORY = "the system ended it because memory had run out";
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
  get live(): LiveRun | null {
    return this.#live;
  }

  get #live(): OpenRun | null {
    for (const open of this.#open.values()) if (open.spawned && !open.exited) return open;
    return null;
  }

  /** A run as the adapters are told of it. */
  request(run: RunId): RunRequest {
    return { run, ...this.#place };
  }

  /** The definition has changed; it holds for what goes on too, as far as it can. */
  update(task: Task): void {
    this.#place.task = task;
    for (const { handle } of this.#open.values()) handle?.update(task);
  }

  spawn(run: RunId, { trigger, scheduledFor }: Cause, actor: Actor): void {
    const { clock, engine, history } = this.#deps;
    const { task, index, alias } = this.#place;
    const open = this.#add({ run, trigger, scheduledFor }, clock.now(), actor);
    history.runStarting({
      run,
      task: task.name,
      index,
      alias,
      trigger,
      scheduledFor,
      startedAt: Math.round(open.startedAt.wall),
    });
    open.handle = engine.start(this.request(run), this.#listener(open));
  }

  /** Sends a signal to the process itself. Throws `conflict` where there is none. */
  signal(signal: Signal): void {
    this.#handle().signal(signal);
  }

  /** Writes to its stdin. Throws `conflict` where there is none. */
  async write(bytes: Uint8Array): Promise<void> {
    await this.#handle().write(bytes);
  }

  /** What its whole tree uses now; `null` where nothing runs. */
  usage(): TreeUsage | null {
    return this.#live?.handle?.usage() ?? null;
  }

  #handle(): RunHandle {
    const handle = this.#live?.handle;
    if (handle) return handle;
    throw new MeprocError("conflict", `${this.#place.alias} does not run`, { hint: "Start its task first" });
  }

  /**
   * Takes over what an earlier service left of a run, or closes its record. What follows from an end that is only noticed
   * now is decided if the task is `wanted`; else it would be started again before it is stopped.
   */
  adopt(record: RunRecord, wanted: boolean): void {
    const open = this.#addRecorded(record);
    const request = this.request(record.run);
    const adopted = this.#deps.engine.adopt(request, record.process, this.#listener(open));
    if (adopted === null) {
      this.#open.delete(open.run);
      return this.#lose(open, record, wanted);
    }
    open.handle = adopted.handle;
    if (adopted.process === null) return this.#lose(open, record, wanted);
    open.pid = adopted.process.pid;
    open.spawned = true;
    if (record.process === null) this.#deps.history.runSpawned(open.run, adopted.process);
    this.#post(adoptedInput(open, record));
    this.#publish({ kind: "run.adopted", pid: open.pid }, open);
  }

  /** Takes over what is left in the background of a run whose end is known. */
  adoptLeftovers(record: RunRecord): void {
    if (this.#open.has(record.run)) return;
    const open = this.#addRecorded(record);
    open.exited = true;
    const request = this.request(record.run);
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

  /** `why` is what a rule that ends it says of the run that goes on. */
  terminate(why: Outcome | null): void {
    const { mono } = this.#deps.clock.now();
    for (const open of this.#open.values()) {
      open.ending = { mono, verdict: open.exited ? null : why };
      open.handle?.terminate();
    }
  }

  kill(): void {
    for (const open of this.#open.values()) open.handle?.kill();
  }

  #addRecorded({ run, trigger, scheduledFor, startedAt }: RunRecord): OpenRun {
    return this.#add({ run, trigger, scheduledFor }, momentOf(startedAt, this.#deps.clock.now()), "service");
  }

  #add(of: Pick<OpenRun, "run" | "trigger" | "scheduledFor">, startedAt: Moment, actor: Actor): OpenRun {
    const open: OpenRun = {
      ...of,
      startedAt,
      actor,
      handle: null,
      pid: null,
      spawned: false,
      exited: false,
      ending: null,
    };
    this.#open.set(of.run, open);
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
      exited: unlessFrozen((exit, usage, at, oom) =>
        this.#exited(open, exit, usage, at ?? this.#deps.clock.now(), oom ?? false),
      ),
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
    const { pid, trigger, scheduledFor, actor } = open;
    const due = scheduledFor === null ? {} : { scheduled_for: new Date(scheduledFor).toISOString() };
    this.#publish({ kind: "run.started", pid, trigger, ...due, ...moved(open), actor }, open);
    this.#post({ kind: "spawned", run: open.run, pid: open.pid });
  }

  #failed(open: OpenRun, reason: string): void {
    open.exited = true;
    this.#open.delete(open.run);
    const outcome = verdict(open.ending === null ? "spawn_error" : "stopped", reason);
    this.#end(open, outcome, UNKNOWN, this.#deps.clock.now());
    this.#post({ kind: "spawn_failed", run: open.run, reason });
    this.#tellGone();
  }

  #exited(open: OpenRun, exit: Exit | null, usage: Usage, at: Moment, oom: boolean): void {
    open.exited = true;
    const outcome = this.#outcome(open, exit, at, oom);
    this.#end(open, outcome, usage, at);
    this.#post({ kind: "exited", run: open.run, outcome });
  }

  /** What had ended before we asked it to has ended by itself. */
  #outcome({ ending }: OpenRun, exit: Exit | null, at: Moment, oom: boolean): Outcome {
    const byUs = ending !== null && at.mono >= ending.mono ? ending : null;
    const known = exit ?? { exit_code: null, exit_signal: null };
    if (byUs !== null && byUs.verdict !== null) {
      const { result, reason } = byUs.verdict;
      return { ...known, result, reason };
    }
    if (byUs === null && oom) return { ...known, result: "oom", reason: OUT_OF_MEMORY };
    if (exit !== null) return outcomeOf(exit, byUs !== null, this.#place.task.restart?.success_exit_codes);
    return byUs === null ? lost(UNCOLLECTED) : { ...known, result: "stopped", reason: null };
  }

  /** Its process had ended before we came. */
  #lose(open: OpenRun, record: RunRecord, wanted: boolean): void {
    open.exited = true;
    const outcome = lost(UNSEEN);
    if (wanted) this.#post(adoptedInput(open, record));
    this.#end(open, outcome, UNKNOWN, this.#deps.clock.now());
    if (wanted) this.#post({ kind: "exited", run: open.run, outcome });
  }

  #end(open: OpenRun, outcome: Outcome, usage: Usage, endedAt: Moment): void {
    this.last = { run: open.run, startedAt: open.startedAt, endedAt, outcome };
    const durationMs = Math.max(0, Math.round(endedAt.mono - open.startedAt.mono));
    this.#deps.history.runEnded(open.run, { endedAt: Math.round(endedAt.wall), durationMs, outcome, usage });
    const { pid } = open;
    this.#publish({ kind: "run.finished", pid, outcome, duration_ms: durationMs, usage }, open);
  }

  #tellGone(): void {
    if (this.#open.size === 0) this.#post({ kind: "gone" });
  }

  #publish(
    fact:
      | { kind: "run.started"; pid: number | null; trigger: Trigger; scheduled_for?: string; actor: Actor }
      | { kind: "run.adopted"; pid: number | null }
      | { kind: "run.finished"; pid: number | null; outcome: Outcome; duration_ms: number; usage: Usage },
    { run }: OpenRun,
  ): void {
    const { task, index, alias } = this.#place;
    this.#deps.publish({ ...fact, task: task.name, type: task.type, alias, index, run });
  }
}

/** A run that is asked to end before it is there comes to no other state. */
function moved({ ending }: OpenRun): { from?: "starting"; to?: "running" } {
  return ending === null ? { from: "starting", to: "running" } : {};
}

function adoptedInput({ run, pid, startedAt, trigger }: OpenRun, { scheduledFor }: RunRecord): Input {
  return { kind: "adopted", run, pid, since: startedAt, cause: { trigger, scheduledFor } };
}

/** A wall time of the past on this process's monotonic clock. */
function momentOf(wall: number, now: Moment): Moment {
  return { wall, mono: now.mono - Math.max(0, now.wall - wall) };
}
