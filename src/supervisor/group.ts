/**
 * A task and its instances. It owns what concerns all replicas together: the answer to their wish to start
 * (dependencies, siblings that are still stopping), the schedule, and the facts about the task as a whole.
 */
import type { Desired } from "../domain/instance.ts";
import type { Cancel, Clock, Publish } from "../domain/ports.ts";
import type { Trigger } from "../domain/run.ts";
import type { Task } from "../domain/task.ts";
import { Instance, type InstanceDeps } from "./instance.ts";
import type { Policy } from "./machine.ts";
import { restartPolicyOf } from "./restart.ts";
import { nextTime } from "./schedule.ts";

export interface GroupDeps extends Omit<InstanceDeps, "changed"> {
  readonly clock: Clock;
  readonly publish: Publish;
  /** The active tasks that this one has to wait for. */
  readonly blockersOf: (task: Task) => readonly string[];
  /** The group has become inactive, or is gone: others may be free to start. */
  readonly released: (group: TaskGroup) => void;
}

export const STOP_TIMEOUT_MS = 10_000;
export const KILL_TIMEOUT_MS = 5_000;

export function policyOf(task: Task): Policy {
  return {
    restart: restartPolicyOf(task),
    scheduled: task.type === "cron",
    stopTimeoutMs: STOP_TIMEOUT_MS,
    killTimeoutMs: KILL_TIMEOUT_MS,
  };
}

export class TaskGroup {
  readonly task: Task;
  readonly instances: readonly Instance[];
  readonly createdAt: number;
  desired: Desired = "stopped";
  /** Unix ms of the last request to start and of the last start; `null` for never. */
  askedAt: number | null = null;
  startedAt: number | null = null;
  nextRunAt: number | null = null;
  readonly #deps: GroupDeps;
  #announced = false;
  #wasActive = false;
  #cancelSchedule: Cancel | null = null;

  constructor(task: Task, deps: GroupDeps) {
    this.task = task;
    this.#deps = deps;
    this.createdAt = deps.clock.now().wall;
    const policy = policyOf(task);
    const changed = () => this.#changed();
    this.instances = Array.from(
      { length: task.replica },
      (_, index) => new Instance(task, index, policy, { ...deps, changed }),
    );
  }

  get active(): boolean {
    return this.instances.some((instance) => instance.active);
  }

  get waiting(): boolean {
    return this.instances.some((instance) => instance.state.kind === "waiting");
  }

  start(trigger: Trigger): void {
    this.askedAt = this.#deps.clock.now().wall;
    this.#want();
    for (const instance of this.instances) instance.start(trigger);
  }

  /** Settles when nothing of the task is left. */
  async stop(): Promise<void> {
    this.desired = "stopped";
    this.#disarm();
    await Promise.all(this.instances.map((instance) => instance.stop()));
  }

  /** Settles when the old processes are gone. */
  async restart(): Promise<void> {
    this.askedAt = this.#deps.clock.now().wall;
    this.#want();
    await Promise.all(this.instances.map((instance) => instance.restart()));
  }

  /** No new work: the schedule rests, and what has no process yet gets none. */
  quiesce(): void {
    this.#disarm();
    for (const instance of this.instances) if (instance.live === null) void instance.stop();
  }

  killNow(): void {
    for (const instance of this.instances) instance.killNow();
  }

  /** Answers the instances that want to start, all in one go. */
  reconsider(): void {
    const waiting = this.instances.filter((instance) => instance.state.kind === "waiting");
    if (waiting.length === 0 || this.instances.some((instance) => instance.state.kind === "stopping")) return;
    const blockers = this.#deps.blockersOf(this.task);
    if (blockers.length > 0) {
      for (const instance of waiting) instance.depsUnmet(blockers);
      return;
    }
    this.#announce();
    for (const instance of waiting) instance.depsMet();
  }

  #want(): void {
    this.desired = this.task.type === "cron" ? "enabled" : "running";
    this.#arm();
  }

  #announce(): void {
    if (this.#announced) return;
    this.#announced = true;
    this.startedAt = this.#deps.clock.now().wall;
    const { name, user, group } = this.task;
    this.#deps.publish({ kind: "task.started", task: name, user, group });
  }

  #changed(): void {
    if (this.#announced && !this.instances.some(isBusy)) {
      this.#announced = false;
      this.#deps.publish({ kind: "task.stopped", task: this.task.name });
    }
    this.reconsider();
    const { active } = this;
    const released = this.#wasActive && !active;
    this.#wasActive = active;
    if (released) this.#deps.released(this);
  }

  #arm(): void {
    this.#disarm();
    if (this.task.cron === null) return;
    const { clock } = this.#deps;
    const next = nextTime(this.task.cron, clock.now().wall);
    this.nextRunAt = next;
    if (next === null) return;
    this.#deps.publish({
      kind: "schedule.planned",
      task: this.task.name,
      next_run_at: new Date(next).toISOString(),
    });
    this.#cancelSchedule = clock.atWall(next, () => this.#fire(next));
  }

  #disarm(): void {
    this.#cancelSchedule?.();
    this.#cancelSchedule = null;
    this.nextRunAt = null;
  }

  #fire(scheduledFor: number): void {
    this.#arm();
    if (this.active) {
      const scheduled_for = new Date(scheduledFor).toISOString();
      this.#deps.publish({ kind: "schedule.skipped", task: this.task.name, scheduled_for });
      return;
    }
    this.askedAt = this.#deps.clock.now().wall;
    for (const instance of this.instances) instance.start("schedule");
  }
}

/** It has a process, or a pause between two. */
function isBusy(instance: Instance): boolean {
  const { kind } = instance.state;
  return kind === "starting" || kind === "running" || kind === "backoff" || kind === "stopping";
}
