/**
 * A task and its instances. It owns what concerns all replicas together: the answer to their wish to start
 * (dependencies, siblings that are still stopping), the schedule, and the facts about the task as a whole.
 */
import type { Desired } from "../domain/instance.ts";
import type { RunRecord, TaskRecord } from "../domain/history.ts";
import type { Clock, Publish, Watcher } from "../domain/ports.ts";
import type { Trigger } from "../domain/run.ts";
import type { Task } from "../domain/task.ts";
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
  readonly task: Task;
  readonly instances: readonly Instance[];
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
  readonly #files: FileWatch;
  #announced = false;
  #wasActive = false;
  /** Only when every instance is back can be told how the task stands. */
  #restoring = false;
  readonly #timetable: Timetable;

  constructor(task: Task, deps: GroupDeps) {
    this.task = task;
    this.#deps = deps;
    this.createdAt = Math.round(deps.clock.now().wall);
    this.updatedAt = this.createdAt;
    this.#files = new FileWatch({
      clock: deps.clock,
      watcher: deps.watcher,
      changed: (path) => this.#filesChanged(path),
      failed: (reason) => deps.publish({ kind: "task.unwatched", task: task.name, reason }),
    });
    const changed = () => this.#changed();
    this.instances = Array.from(
      { length: task.replica },
      (_, index) => new Instance(task, index, { ...deps, changed }),
    );
    this.#timetable = new Timetable(this.#scheduled(), deps);
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

  start(trigger: Trigger): void {
    // a start of what runs already asks for nothing
    const asks = this.instances.some(({ state }) => !isUnderWay(state));
    this.#want(asks);
    for (const instance of this.instances) instance.start(trigger);
  }

  /** Stops it until somebody starts it again. Settles when nothing of the task is left. */
  async stop(): Promise<void> {
    this.desired = "stopped";
    // what comes while it is stopped is not missed
    this.scheduledAt = null;
    this.save();
    // its processes hear of it next, and whatever becomes of us then it stays stopped
    this.#deps.history.flush();
    await this.halt();
  }

  /** Stops it as the service itself stops: what is wanted of it stays as it is. */
  async halt(): Promise<void> {
    this.#disarm();
    this.#files.stop();
    await Promise.all(this.instances.map((instance) => instance.stop()));
  }

  /** Settles when the old processes are gone. */
  async restart(): Promise<void> {
    this.#want(true);
    this.#deps.history.flush();
    await Promise.all(this.instances.map((instance) => instance.restart()));
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
    for (const run of ended) this.instances[run.index]?.recall(run, this.#rests(run));
    const wanted = resumes && record.desired !== "stopped";
    for (const run of open) this.instances[run.index]?.adopt(run, wanted);
    this.#restoring = false;
    this.#changed();
  }

  /** From the store, second half, when every task has found its processes: what is wanted and not there is started. */
  resume(): void {
    if (this.desired === "stopped") return void this.halt();
    this.#arm();
    for (const instance of this.instances) if (this.#isMissing(instance)) instance.start("boot");
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

  /** It takes the place of an older definition of the same name. */
  succeed(older: TaskGroup): void {
    this.revision = older.revision + 1;
    this.createdAt = older.createdAt;
    this.save();
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
    this.#files.stop();
    for (const instance of this.instances)
      if (instance.live === null || instance.state.kind === "stopping") void instance.stop();
  }

  /** Settles when what may start has started, or could not. */
  async started(): Promise<void> {
    await Promise.all(this.instances.map((instance) => instance.started()));
  }

  freeze(): void {
    this.#disarm();
    this.#files.stop();
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
    if (blockers.length > 0) {
      for (const instance of waiting) instance.depsUnmet(blockers);
      return;
    }
    this.#announce();
    for (const instance of waiting) instance.depsMet();
  }

  #want(asks: boolean): void {
    if (asks) this.askedAt = Math.round(this.#deps.clock.now().wall);
    this.desired = this.task.type === "cron" ? "enabled" : "running";
    this.save();
    this.#arm();
  }

  #announce(): void {
    if (this.#announced) return;
    this.#announced = true;
    this.startedAt = Math.round(this.#deps.clock.now().wall);
    this.save();
    const { name, user, group } = this.task;
    this.#deps.publish({ kind: "task.started", task: name, user, group });
  }

  #changed(): void {
    if (this.#restoring) return;
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
      for (const instance of group.instances) start(instance);
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
      start: (trigger, scheduledFor) => each((instance) => instance.start(trigger, scheduledFor)),
      startBeside: (trigger, scheduledFor) => each((instance) => instance.startExtra(trigger, scheduledFor)),
      replace: (trigger, scheduledFor) =>
        each((instance) => void instance.restart("schedule", { trigger, scheduledFor, reason: "replaced" })),
      noteScheduled: (at) => {
        group.scheduledAt = at;
        group.save();
      },
    };
  }
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
