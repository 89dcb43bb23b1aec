/**
 * The schedule of one task at work. It waits for the next time, and decides what a time does that comes while the run
 * before goes on, comes late, or was missed. It starts nothing itself: its task does. Which times were dealt with is
 * noted before anything follows from it, so that none is run twice, by this service or the next.
 */
import type { Cancel, Clock, Publish } from "../domain/ports.ts";
import type { Task } from "../domain/task.ts";
import { type Schedule, latestTimes, scheduleOf } from "./schedule.ts";

export interface TimetableDeps {
  readonly clock: Clock;
  readonly publish: Publish;
  /** In [0, 1), for jitter. */
  readonly random: () => number;
}

export type ScheduledTrigger = "schedule" | "catch_up";

/** The task that a timetable is of. */
export interface Scheduled {
  readonly task: Task;
  /** From when on times of `every_ms` are counted. */
  readonly createdAt: number;
  /** The times up to this one were dealt with when it was armed last; `null`: only those from now on count. */
  readonly scheduledAt: number | null;
  /** A run of it goes on, or is about to. */
  readonly active: boolean;
  start(trigger: ScheduledTrigger, scheduledFor: number): void;
  /** Starts one more run beside those that go on. */
  startBeside(trigger: ScheduledTrigger, scheduledFor: number): void;
  /** Stops the run that goes on, and starts when it is gone. */
  replace(trigger: ScheduledTrigger, scheduledFor: number): void;
  /** Notes that the times up to this one are dealt with. */
  noteScheduled(at: number): void;
}

/** So late a start is still on time: a loaded machine, or a service that was exchanged for another. */
export const ON_TIME_MS = 10_000;
const DEFAULT_CATCH_UP_LIMIT = 10;

interface Start {
  readonly trigger: ScheduledTrigger;
  readonly scheduledFor: number;
}

export class Timetable {
  /** The next time of the schedule; `null` while it rests. */
  nextRunAt: number | null = null;
  readonly #owner: Scheduled;
  readonly #deps: TimetableDeps;
  #schedule: Schedule | null = null;
  /** What the schedule was made from. */
  #source = "";
  /** The times up to here are dealt with, except for those in the queue. */
  #dealt = 0;
  /** The starts that wait for the run before, the oldest first. */
  readonly #queue: Start[] = [];
  #jitter = { of: Number.NaN, by: 0 };
  #cancelWait: Cancel | null = null;
  #cancelWatch: Cancel | null = null;

  constructor(owner: Scheduled, deps: TimetableDeps) {
    this.#owner = owner;
    this.#deps = deps;
  }

  /**
   * Follows the schedule as the task has it now. The times that were missed since `scheduledAt` are made up for as its
   * policy says; of another schedule than before, only those from now on count.
   */
  arm(): void {
    const { task, createdAt, scheduledAt } = this.#owner;
    const source = JSON.stringify([task.cron, task.every_ms, task.schedule?.timezone]);
    if (this.#schedule !== null && source === this.#source) return this.#look();
    const isOther = this.#schedule !== null;
    this.disarm();
    this.#source = source;
    this.#schedule = scheduleOf(task, createdAt);
    if (this.#schedule === null) return;
    this.#cancelWatch = this.#deps.clock.whenSet(() => this.#look());
    this.#deal(isOther || scheduledAt === null ? this.#now() : scheduledAt);
    this.#look();
  }

  /** The first time after a moment that is still to come; `null` while it rests. */
  next(after: number): number | null {
    return this.#schedule?.next(Math.max(after, this.#dealt)) ?? null;
  }

  /** What waits in its queue counts as missed from here on. */
  disarm(): void {
    this.#queue.length = 0;
    this.#cancelWait?.();
    this.#cancelWatch?.();
    this.#cancelWait = this.#cancelWatch = null;
    this.#schedule = null;
    this.nextRunAt = null;
  }

  /** The task has become inactive: what waits for that is started. */
  idle(): void {
    if (this.#owner.active) return;
    for (let start = this.#queue.shift(); start !== undefined; start = this.#queue.shift()) {
      this.#note();
      // one is enough: whether it has made the task active shows only later
      if (!this.#isTooLate(start.scheduledFor)) return this.#owner.start(start.trigger, start.scheduledFor);
      this.#leaveOut(start.scheduledFor, "too late");
    }
  }

  /** Deals with every time that has come by now, and waits for the next. */
  #look(): void {
    const schedule = this.#schedule;
    if (schedule === null) return;
    this.#cancelWait?.();
    this.#cancelWait = null;
    const now = this.#now();
    if (this.#dealt - now > schedule.patienceMs) this.#deal(now);
    this.#makeUp(schedule, now);
    let next = schedule.next(this.#dealt);
    for (; next !== null && this.#due(next) <= now; next = schedule.next(this.#dealt)) {
      this.#deal(next);
      this.#come(next);
      // what it started may have ended the schedule
      if (this.#schedule !== schedule) return;
    }
    this.#plan(next);
  }

  #plan(next: number | null): void {
    const isNew = next !== this.nextRunAt;
    this.nextRunAt = next;
    if (next === null) return;
    this.#cancelWait = this.#deps.clock.atWall(this.#due(next), () => this.#look());
    if (!isNew) return;
    const { name } = this.#owner.task;
    this.#deps.publish({ kind: "schedule.planned", task: name, next_run_at: rfc3339(next) });
  }

  /** What came while nobody was there to see it, or the clock was put forward over it. */
  #makeUp(schedule: Schedule, now: number): void {
    const { task } = this.#owner;
    const until = now - ON_TIME_MS - (task.schedule?.jitter_ms ?? 0);
    const first = schedule.next(this.#dealt);
    if (first === null || first > until) return;
    const wanted = wantedOf(task);
    const missed = latestTimes(schedule, this.#dealt, until, Math.max(1, wanted));
    const made = wanted === 0 ? [] : missed.filter((time) => !this.#isTooLate(time));
    this.#deps.publish({
      kind: "schedule.missed",
      task: task.name,
      from: rfc3339(first),
      to: rfc3339(missed.at(-1) ?? first),
      made_up: made.length,
    });
    const starts = made.map((scheduledFor): Start => ({ trigger: "catch_up", scheduledFor }));
    const beside = task.schedule?.overlap === "allow";
    if (!beside) this.#queue.push(...starts);
    this.#deal(missed.at(-1) ?? first);
    if (beside) for (const start of starts) this.#owner.startBeside(start.trigger, start.scheduledFor);
    this.idle();
  }

  /** A time has come. */
  #come(scheduledFor: number): void {
    const owner = this.#owner;
    if (this.#isTooLate(scheduledFor)) return this.#leaveOut(scheduledFor, "too late");
    const overlap = owner.task.schedule?.overlap ?? "skip";
    if (overlap === "allow") return owner.startBeside("schedule", scheduledFor);
    if (!owner.active) {
      this.#queue.push({ trigger: "schedule", scheduledFor });
      return this.idle();
    }
    if (overlap === "replace") return this.#replace(scheduledFor);
    const oneWaits = this.#queue.some(({ trigger }) => trigger === "schedule");
    if (overlap === "skip" || oneWaits) return this.#leaveOut(scheduledFor, "still running");
    this.#queue.push({ trigger: "schedule", scheduledFor });
    this.#note();
  }

  #replace(scheduledFor: number): void {
    const replaced = this.#queue.splice(0);
    this.#note();
    for (const start of replaced) this.#leaveOut(start.scheduledFor, "replaced");
    this.#owner.replace("schedule", scheduledFor);
  }

  #deal(at: number): void {
    this.#dealt = at;
    this.#note();
  }

  /** The queue is only in memory: what waits in it is not dealt with. */
  #note(): void {
    const [first] = this.#queue;
    this.#owner.noteScheduled(first === undefined ? this.#dealt : first.scheduledFor - 1);
  }

  #leaveOut(scheduledFor: number, reason: "still running" | "too late" | "replaced"): void {
    const { name } = this.#owner.task;
    const scheduled_for = rfc3339(scheduledFor);
    this.#deps.publish({ kind: "schedule.skipped", task: name, scheduled_for, reason });
  }

  #isTooLate(scheduledFor: number): boolean {
    const deadline = this.#owner.task.schedule?.starting_deadline_ms;
    return deadline !== undefined && this.#now() - scheduledFor > deadline;
  }

  /** When a start is to be made: its time, put off by the same jitter however often it is asked. */
  #due(time: number): number {
    const most = this.#owner.task.schedule?.jitter_ms ?? 0;
    if (most === 0) return time;
    if (this.#jitter.of !== time) this.#jitter = { of: time, by: Math.round(this.#deps.random() * most) };
    return time + Math.min(most, this.#jitter.by);
  }

  #now(): number {
    return Math.round(this.#deps.clock.now().wall);
  }
}

/** How many of the times that were missed are made up for. */
function wantedOf({ schedule }: Task): number {
  const { catch_up = "none", catch_up_limit = DEFAULT_CATCH_UP_LIMIT } = schedule ?? {};
  if (catch_up === "none") return 0;
  return catch_up === "last" ? 1 : catch_up_limit;
}

function rfc3339(time: number): string {
  return new Date(time).toISOString();
}
