/**
 * When a schedule is due. croner computes times on a clock that is never set, and what becomes of them where a zone's
 * clocks are put forward or back is decided here, as cron(8) has it: a time of day that is left out comes right after
 * the gap, one that comes twice counts the first time, and what is due every so often (a `*` in seconds, minutes or
 * hours) follows the real time. It computes; the timetable waits.
 */
import { Cron } from "croner";
import type { Task } from "../domain/task.ts";
import { Zone, localTimezone } from "./zone.ts";

export interface Schedule {
  /** The first time after a moment (Unix ms), or `null` if there is none. */
  next(after: number): number | null;
  /** Set back by up to so much, the clock is waited for; by more, it counts as corrected. */
  readonly patienceMs: number;
}

/** As in cron(8): larger changes are corrections of the clock, or of the map. */
const LARGEST_SHIFT_MS = 3 * 3_600_000;

/** The schedule of a task; times of `every_ms` are counted from `anchor`. `null` for a task that has none. */
export function scheduleOf(task: Task, anchor: number): Schedule | null {
  if (task.every_ms !== null) return everyMs(task.every_ms, anchor);
  return task.cron === null ? null : cronSchedule(task.cron, task.schedule?.timezone);
}

/** A cron expression in a time zone, the service's own if not given. */
export function cronSchedule(expression: string, timezone = localTimezone()): Schedule {
  const cron = parse(expression);
  const local = (atOrAfter: number) => cron.nextRun(new Date(atOrAfter - 1))?.getTime() ?? null;
  const zone = new Zone(timezone);
  const next = isWildcard(expression) ? nextByRealTime : nextByTimeOfDay;
  return { next: (after) => next(local, zone, after), patienceMs: LARGEST_SHIFT_MS };
}

function everyMs(every: number, anchor: number): Schedule {
  const next = (after: number) => anchor + every * (Math.floor((after - anchor) / every) + 1);
  return { next, patienceMs: every };
}

/** The first time of the expression at a local time or later, both as if the zone were UTC. */
type Local = (atOrAfter: number) => number | null;

function nextByRealTime(local: Local, zone: Zone, after: number): number | null {
  for (let from = after + 1; ;) {
    const { offset, end } = zone.periodOf(from);
    const found = local(from + offset);
    if (found === null) return null;
    if (found - offset < end) return found - offset;
    from = end;
  }
}

function nextByTimeOfDay(local: Local, zone: Zone, after: number): number | null {
  for (let from = after + 1; ;) {
    const { offset, begin, end } = zone.periodOf(from);
    const shift = begin === null ? 0 : offset - begin.offset;
    let earliest = from + offset;
    if (begin !== null && Math.abs(shift) <= LARGEST_SHIFT_MS) {
      const shown = begin.at + begin.offset;
      // what the gap left out comes at its end
      if (shift > 0 && from === begin.at && (local(shown) ?? Infinity) < shown + shift) return from;
      // what was there before the clocks were put back is not there again
      if (shift < 0) earliest = Math.max(earliest, shown);
    }
    const found = local(earliest);
    if (found === null) return null;
    if (found - offset < end) return found - offset;
    from = end;
  }
}

/** As in cron(8): a time of day is one whose hour and minute are both given. */
function isWildcard(expression: string): boolean {
  const fields = expression.trim().split(/\s+/);
  if (fields.length === 1) return /^@hourly$/i.test(fields[0] ?? "");
  return fields.slice(0, fields.length - 3).some((field) => field.includes("*"));
}

/** The times after `after` and up to `until`, at most `limit`: the latest. */
export function latestTimes(schedule: Schedule, after: number, until: number, limit: number): number[] {
  for (let span = 60_000; ; span *= 4) {
    const from = Math.max(after, until - span);
    const times = [...timesBetween(schedule, from, until)];
    if (from === after || times.length >= limit) return times.slice(-limit);
  }
}

/** The times after `after` and up to `until`, in their order. */
export function* timesBetween(schedule: Schedule, after: number, until: number): Generator<number> {
  for (let at = schedule.next(after); at !== null && at <= until; at = schedule.next(at)) yield at;
}

/** Why `expression` is no schedule, or `null` if it is one. */
export function cronProblem(expression: string): string | null {
  const text = expression.trim();
  if (!/^@\w+$/.test(text) && ![5, 6].includes(text.split(/\s+/).length))
    return "expected five fields, six with the seconds first, or a name such as @daily";
  try {
    return parse(text).nextRun() === null ? "this time never comes" : null;
  } catch (error) {
    return reasonOf(error);
  }
}

/** The first times after `wall` (Unix ms), in the time zone of the service if none is given. */
export function nextTimes(expression: string, wall: number, count: number, timezone?: string): Date[] {
  const times = timesBetween(cronSchedule(expression, timezone), wall, Infinity);
  return [...times.take(count)].map((time) => new Date(time));
}

function parse(expression: string): Cron {
  return new Cron(expression.trim(), { mode: "5-or-6-parts", paused: true, utcOffset: 0 });
}

const RANGE: Readonly<Record<string, string>> = {
  second: "0 to 59",
  minute: "0 to 59",
  hour: "0 to 23",
  day: "1 to 31",
  month: "1 to 12 or JAN to DEC",
  dayOfWeek: "0 to 7 or SUN to SAT",
};

/** croner's finding in our words, which never repeat the input. */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : "";
  const field = /Invalid value for (\w+)/.exec(message)?.[1];
  if (field !== undefined && RANGE[field] !== undefined)
    return `the ${field === "dayOfWeek" ? "day of week" : field} is out of range, expected ${RANGE[field]}`;
  if (message.includes("stepping")) return "the step after / must be a number greater than 0";
  if (message.includes("larger than")) return "a range must go from the smaller value to the larger";
  return "expected numbers, names, * , - and / in the fields, or @hourly @daily @weekly @monthly @yearly";
}
