/**
 * A task and its instances. It owns what concerns all replicas together: the answer to their wish to start
 * (dependencies, siblings that are still stopping), the schedule, and the facts about the task as a whole.
 */
import { MeprocError } from "../domain/errors.ts";
import type { Actor } from "../domain/fact.ts";
import type { Desired } from "../domain/instance.ts";
import type { RunRecord, TaskRecord } from "../domain/history.ts";
import type { Cancel, Clock, Publish, Watcher } from "../domain/ports.ts";
import type { Trigger } from "../domain/run.ts";
import { PROCESS_FIELDS, type Task } from "../domain/task.ts";
import { FileWatch } from "./file-watch.ts";
import { Instance, type InstanceDeps } from "./instance.ts";
import { type Scheduled, Timetable } from "./timetable.ts";

export interface GroupDeps extends Omit<InstanceDeps, "changed"> {
  /** The task that the service lives for, if there is one. */
  readonly mainTask: string | null;
  readonly clock: Clock;
  readonly publish: Publish;
  readonly watcher: Watcher;
  /** What a start of it has to wait for, in words. */
  readonly blockersOf: (group: TaskGroup) => readonly string[];
  /** One of its instances has changed; `released` says that it is active no longer, so others may be free to start. */
  readonly changed: (group: TaskGroup, released: boolean) => void;
}

export class TaskGroup {
  createdAt: number;
  updatedAt: number;
  revision = 1;
  desired: Desired = "stopped";
  /** Unix ms of the last request to start and of the last start; `null` for never. */
  askedAt: number | null = null;
  startedAt: number | null = null;
  /** The latest time of its schedule that was dealt with. */
  scheduledAt: number | null = null;
  /** The set under which it was applied. */
  set: string | null = null;
  readonly #deps: GroupDeps;
  #task: Task;
  /** Without a gap, the first is 0. Those beyond `replica` are on their way out. */
  #instances: readonly Instance[] = [];
  readonly #watchers = new Set<() => void>();
  #removed = false;
  readonly #files: FileWatch;
  /** What its last wish to start was answered with. */
  #blockers: readonly string[] = [];
  #announced = false;
  #wasActive = false;
  /** Only when every instance is back can be told how the task stands. */
  #restoring = false;
  readonly #timetable: Timetable;

  constructor(task: Task, deps: GroupDeps) {
    this.#task = task;
    this.#deps = deps;
    this.createdAt = Math.round(deps.clock.now().wall);
    this.updatedAt = this.createdAt;
    this.#files = new FileWatch({
      clock: deps.clock,
      watcher: deps.watcher,
      changed: (path) => this.#filesChanged(path),
      failed: (reason) => deps.publish({ kind: "task.unwatched", task: task.name, reason }),
    });
    this.#grow(task.replica);
    this.#timetable = new Timetable(this.#scheduled(), deps);
  }

  get task(): Task {
    return this.#task;
  }

  /** Every replica's place, also of those that are being stopped because the task has fewer now. */
  get instances(): readonly Instance[] {
    return this.#instances;
  }

  /** The places that the task has by its definition. */
  get kept(): readonly Instance[] {
    return this.#instances.filter((instance) => !this.#isSurplus(instance));
  }

  /** There is no such task any more. */
  get removed(): boolean {
    return this.#removed;
  }

  /** Calls back after each change of an instance, and when the task is removed. */
  watch(callback: () => void): Cancel {
    this.#watchers.add(callback);
    return () => this.#watchers.delete(callback);
  }

  /** The last word of a task that has been removed. */
  dismiss(): void {
    this.#removed = true;
    this.#tellWatchers();
  }

  get nextRunAt(): number | null {
    return this.#timetable.nextRunAt;
  }

  /** The first time of its schedule after a moment; `null` while that is not followed. */
  nextTime(after: number): number | null {
    return this.#timetable.next(after);
  }

  get active(): boolean {
    return this.instances.some((instance) => instance.active);
  }

  get waiting(): boolean {
    return this.instances.some((instance) => instance.waiting);
  }

  /** It waits for this task by its plain name: that it does not run. */
  waitsFor(name: string): boolean {
    return this.#blockers.includes(name);
  }

  start(trigger: Trigger, by: Actor, only: readonly Instance[] = this.kept): void {
    // a start of what runs already asks for nothing
    const asks = only.some(({ state }) => !isUnderWay(state));
    this.#want(asks);
    for (const instance of only) instance.start(trigger, null, by);
  }

  /** Stops it until somebody starts it again. Settles when nothing of the task is left. */
  async stop(by: Actor): Promise<void> {
    this.desired = "stopped";
    // what comes while it is stopped is not missed
    this.scheduledAt = null;
    this.save();
    // its processes hear of it next, and whatever becomes of us then it stays stopped
    this.#deps.history.flush();
    await this.halt(by);
  }

  /** Stops it as the service itself stops: what is wanted of it stays as it is. */
  async halt(by: Actor = "service"): Promise<void> {
    this.#disarm();
    this.#files.stop();
    await Promise.all(this.instances.map((instance) => instance.stop(by)));
  }

  /** Settles when the old processes are gone. */
  async restart(by: Actor, only: readonly Instance[] = this.kept): Promise<void> {
    this.want();
    await Promise.all(only.map((instance) => instance.restart(by)));
  }

  /** From here on it is wanted that it runs, whatever was wanted before. */
  want(): void {
    this.#want(true);
    this.#deps.history.flush();
  }

  /** Its times start nothing until it is resumed. What runs goes on. Throws `conflict`. */
  pause(by: Actor): void {
    this.#assertScheduled("paused");
    if (this.desired === "paused") return;
    if (this.desired === "stopped")
      throw new MeprocError("conflict", `${this.task.name} is stopped: there is nothing to pause`);
    this.desired = "paused";
    this.#rearm();
    this.save();
    this.#deps.publish({ kind: "schedule.paused", task: this.task.name, actor: by });
  }

  /** Throws `conflict`. */
  unpause(by: Actor): void {
    this.#assertScheduled("resumed");
    if (this.desired === "enabled") return;
    if (this.desired === "stopped")
      throw new MeprocError("conflict", `${this.task.name} is stopped, not paused`, { hint: "Start it" });
    this.desired = "enabled";
    this.#rearm();
    this.save();
    this.#deps.publish({ kind: "schedule.resumed", task: this.task.name, actor: by });
  }

  /** One run of a schedule now, whatever its times are and also while it is paused. Throws `conflict`. */
  runNow(by: Actor): void {
    this.#assertScheduled("run out of its times", "Start it");
    const beside = this.task.schedule?.overlap === "allow";
    const idle = this.kept.filter((instance) => beside || !instance.active);
    if (idle.length === 0) throw new MeprocError("conflict", `${this.task.name} is running already`);
    this.askedAt = Math.round(this.#deps.clock.now().wall);
    this.save();
    for (const instance of idle) instance.startExtra("manual", null, by);
  }

  /** Notes a new task with what will be wanted of it, before it is started. */
  note(): void {
    if (this.task.autostart) this.desired = wantedOf(this.task);
    this.askedAt = Math.round(this.#deps.clock.now().wall);
    this.save();
  }

  /**
   * Takes another definition of the same name, and gives back what then has to be done with its processes: where what
   * differs concerns a process they are ended and started anew, everything else takes effect on them as they are. That
   * settles when what it ends is gone.
   */
  redefine(task: Task, { fields, rerun, by }: Update): () => Promise<void> {
    const before = this.#task;
    const known = this.kept;
    this.#task = task;
    this.revision++;
    this.updatedAt = Math.round(this.#deps.clock.now().wall);
    const wanted = this.desired !== "stopped";
    if (wanted && before.type !== task.type) this.desired = wantedOf(task);
    for (const instance of this.#instances) instance.update(task);
    this.#grow(task.replica);
    const kept = this.kept.filter((instance) => known.includes(instance));
    const added = this.kept.filter((instance) => !known.includes(instance));
    const concerned = wanted && fields.some((field) => PROCESS_FIELDS.has(field)) ? kept : [];
    const again = concerned.filter((instance) => isToBeRestarted(instance, { before, task, rerun }));
    // of another schedule only the times from now on count
    if (this.scheduledAt !== null && planOf(before) !== planOf(task)) this.scheduledAt = this.updatedAt;
    // a run of before must not count as the one that is asked for now
    if (again.length > 0) this.askedAt = this.updatedAt;
    this.save();
    return async () => {
      if (fields.some((field) => SCHEDULE_FIELDS.has(field))) this.#rearm();
      const leaving = this.#instances.filter((instance) => this.#isSurplus(instance));
      const gone = [
        ...again.map((instance) => instance.restart(by)),
        ...leaving.map((instance) => instance.stop(by)),
      ];
      if (wanted) for (const instance of added) instance.start("api", null, by);
      this.#changed(null);
      await Promise.all(gone);
    };
  }

  /** The place of a replica that an earlier service had, also if the task has fewer now. */
  place(index: number): Instance | undefined {
    this.#grow(index + 1);
    return this.#instances[index];
  }

  /**
   * From the store, first half: what is known of it, and its processes that are still there. With `resumes` the second
   * half will follow.
   */
  restore(
    record: TaskRecord,
    open: readonly RunRecord[],
    ended: readonly RunRecord[],
    resumes: boolean,
  ): void {
    this.createdAt = record.createdAt;
    this.updatedAt = record.updatedAt;
    this.revision = record.revision;
    this.desired = record.desired;
    this.askedAt = record.askedAt;
    this.startedAt = record.startedAt;
    this.scheduledAt = record.scheduledAt;
    this.set = record.set;
    this.#announced = open.length > 0;
    this.#restoring = true;
    // a run that goes on came after, also within the same millisecond
    const busy = new Set(open.map(({ index }) => index));
    for (const run of ended) this.instances[run.index]?.recall(run, !busy.has(run.index) && this.#rests(run));
    const wanted = resumes && record.desired !== "stopped";
    for (const run of open) this.place(run.index)?.adopt(run, wanted && run.index < this.task.replica);
    this.#restoring = false;
    this.#changed(null);
  }

  /** From the store, second half, when every task has found its processes: what is wanted and not there is started. */
  resume(): void {
    if (this.desired === "stopped") return void this.halt();
    this.#rearm();
    for (const instance of this.#instances) if (this.#isSurplus(instance)) void instance.stop("service");
    for (const instance of this.kept) if (this.#isMissing(instance)) instance.start("boot", null, "service");
  }

  /** A coroutine ends with its service, so one that was cut off is started anew; the main task runs at each start. */
  #isMissing({ state, last }: Instance): boolean {
    if (state.kind === "stopped") return true;
    const hasEnded = state.kind === "exited" || state.kind === "failed";
    if (hasEnded && this.task.name === this.#deps.mainTask) return true;
    return this.task.type === "coroutine" && state.kind === "exited" && last?.outcome.result === "lost";
  }

  /** A task that has run to its end since it was last asked to is done; whatever else is wanted starts again. */
  #rests(run: RunRecord): boolean {
    return isItsEnd(this.task, run) && this.desired === "running" && run.startedAt >= (this.askedAt ?? 0);
  }

  save(): void {
    const { task, revision, desired, createdAt, updatedAt, askedAt, startedAt, scheduledAt, set } = this;
    this.#deps.history.saveTask({
      task,
      revision,
      desired,
      createdAt,
      updatedAt,
      askedAt,
      startedAt,
      scheduledAt,
      set,
    });
  }

  /** No new work: the schedule rests, and what has no process yet gets none. */
  quiesce(): void {
    this.#disarm();
    this.#files.close();
    for (const instance of this.instances)
      if (instance.live === null || instance.state.kind === "stopping") void instance.stop();
  }

  /** Settles when what may start has started, or could not. */
  async started(): Promise<void> {
    await Promise.all(this.instances.map((instance) => instance.started()));
  }

  freeze(): void {
    this.#disarm();
    this.#files.close();
    for (const instance of this.instances) instance.freeze();
  }

  killNow(): void {
    for (const instance of this.instances) instance.killNow();
  }

  /** Answers the instances that want to start, all in one go. */
  reconsider(): void {
    const waiting = this.instances.filter((instance) => instance.waiting);
    if (waiting.length === 0 || this.instances.some((instance) => instance.leaving)) return;
    const blockers = this.#deps.blockersOf(this);
    this.#blockers = blockers;
    if (blockers.length > 0) {
      for (const instance of waiting) instance.depsUnmet(blockers);
      return;
    }
    this.#announce();
    for (const instance of waiting) instance.depsMet();
  }

  #want(asks: boolean): void {
    if (asks) this.askedAt = Math.round(this.#deps.clock.now().wall);
    this.desired = wantedOf(this.task);
    this.save();
    this.#rearm();
  }

  #announce(): void {
    if (this.#announced) return;
    this.#announced = true;
    this.startedAt = Math.round(this.#deps.clock.now().wall);
    this.save();
    const { name, user, group } = this.task;
    this.#deps.publish({ kind: "task.started", task: name, user, group });
  }

  #changed(instance: Instance | null): void {
    if (this.#restoring) return;
    if (instance !== null) this.#retire(instance);
    // a run that was asked for by hand is over, and nothing more is wanted
    if (this.desired === "stopped" && instance?.state.kind === "scheduled") void instance.stop("service");
    if (this.#announced && !this.instances.some(isBusy)) {
      this.#announced = false;
      this.#deps.publish({ kind: "task.stopped", task: this.task.name });
    }
    if (this.#isWatched()) this.#files.follow(this.task);
    else this.#files.stop();
    this.reconsider();
    const { active } = this;
    const released = this.#wasActive && !active;
    this.#wasActive = active;
    if (released) this.#timetable.idle();
    this.#deps.changed(this, released);
    this.#tellWatchers();
  }

  /** Also between two runs, and when it has failed: a change may be what it takes. */
  #isWatched(): boolean {
    const { task, desired, instances } = this;
    return (
      task.watch !== null &&
      desired === "running" &&
      instances.some((each) => !each.leaving && each.state.kind !== "stopped")
    );
  }

  #filesChanged(path: string): void {
    const again = { trigger: "restart", reason: `changed: ${path}` } as const;
    for (const instance of this.instances)
      if (!instance.leaving && !isIdle(instance.state)) void instance.restart("policy", again);
  }

  #tellWatchers(): void {
    for (const callback of [...this.#watchers]) callback();
  }

  #isSurplus({ index }: Instance): boolean {
    return index >= this.#task.replica;
  }

  #grow(count: number): void {
    const deps = { ...this.#deps, changed: (instance: Instance) => this.#changed(instance) };
    const missing = Array.from(
      { length: Math.max(0, count - this.#instances.length) },
      (_, i) => new Instance(this.#task, this.#instances.length + i, deps),
    );
    this.#instances = [...this.#instances, ...missing];
  }

  /** A replica too many, of which nothing is left. The last places go first, so that there is no gap. */
  #retire(changed: Instance): void {
    if (!this.#isSurplus(changed)) return;
    while (this.#instances.length > this.#task.replica && this.#instances.at(-1)?.state.kind === "stopped")
      this.#instances = this.#instances.slice(0, -1);
  }

  #assertScheduled(verb: string, hint?: string): void {
    if (this.task.type === "cron") return;
    const text = `${this.task.name} has no schedule: only a task of type cron can be ${verb}`;
    throw new MeprocError("conflict", text, hint === undefined ? {} : { hint });
  }

  /** The schedule is followed only while that is wanted. */
  #rearm(): void {
    if (this.desired === "enabled") this.#arm();
    else this.#disarm();
  }

  #arm(): void {
    this.#timetable.arm();
  }

  #disarm(): void {
    this.#timetable.disarm();
  }

  /** What its timetable sees of it. */
  #scheduled(): Scheduled {
    const group = this;
    const each = (start: (instance: Instance) => void) => {
      group.askedAt = Math.round(group.#deps.clock.now().wall);
      for (const instance of group.kept) start(instance);
    };
    return {
      get task() {
        return group.task;
      },
      get createdAt() {
        return group.createdAt;
      },
      get scheduledAt() {
        return group.scheduledAt;
      },
      get active() {
        return group.active;
      },
      start: (trigger, scheduledFor) => each((instance) => instance.start(trigger, scheduledFor, "schedule")),
      startBeside: (trigger, scheduledFor) =>
        each((instance) => instance.startExtra(trigger, scheduledFor, "schedule")),
      replace: (trigger, scheduledFor) =>
        each((instance) => void instance.restart("schedule", { trigger, scheduledFor, reason: "replaced" })),
      noteScheduled: (at) => {
        group.scheduledAt = at;
        group.save();
      },
    };
  }
}

/** What the times of its schedule follow from. */
function planOf({ cron, every_ms, schedule }: Task): string {
  return JSON.stringify([cron, every_ms, schedule?.timezone]);
}

function wantedOf({ type }: Task): Desired {
  return type === "cron" ? "enabled" : "running";
}

/** What a new definition changes, and how far it goes. */
export interface Update {
  readonly fields: readonly string[];
  /** A task that has run to its end is run again: what was applied is to have been done. */
  readonly rerun: boolean;
  readonly by: Actor;
}

const SCHEDULE_FIELDS: ReadonlySet<string> = new Set<keyof Task>(["type", "cron", "every_ms", "schedule"]);

/** A replica that was stopped for itself stays so, and one that is stopping takes the new definition when it starts. */
function isToBeRestarted(
  { state: { kind } }: Instance,
  { before, task, rerun }: { before: Task; task: Task; rerun: boolean },
): boolean {
  if (kind === "stopped" || kind === "stopping") return false;
  if (before.type !== task.type) return true;
  if (kind === "exited") return rerun;
  return kind !== "waiting" && kind !== "scheduled";
}

/** It runs or is about to, without anybody asking again. */
function isUnderWay({ kind }: Instance["state"]): boolean {
  return kind === "waiting" || kind === "starting" || kind === "running";
}

/** Nobody wants it to run, or it has not come to it yet. */
function isIdle({ kind }: Instance["state"]): boolean {
  return kind === "stopped" || kind === "waiting" || kind === "scheduled";
}

/** By the rules of its task nothing follows this run. */
function isItsEnd({ type, restart }: Task, { end }: RunRecord): boolean {
  if (type === "once" || type === "coroutine") return true;
  if (type !== "daemon" || restart?.policy === undefined || restart.policy === "always") return false;
  return restart.policy === "never" || end?.outcome.result === "succeeded";
}

/** It has a process, or a pause between two. */
function isBusy(instance: Instance): boolean {
  const { kind } = instance.state;
  return kind === "starting" || kind === "running" || kind === "backoff" || kind === "stopping";
}
