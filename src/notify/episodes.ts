/**
 * What is worth telling of how tasks fare. A task that fails again and again is one episode: told when it begins, now and
 * then while it lasts, at longer and longer intervals, and when it is over. What is known of an episode survives the service.
 */
import type { Fact } from "../domain/fact.ts";
import type { Notice } from "../domain/notify.ts";
import type { Result } from "../domain/run.ts";
import { failedText, recoveredText, stillFailingText } from "./words.ts";

/** An instance that has failed counts as well again once it has run for so long, where no health check tells earlier. */
export const RECOVERED_MS = 30_000;
/** Who fails again within this time after it was well goes on with the same episode. */
export const QUIET_MS = 600_000;
const FIRST_INTERVAL_MS = 60_000;
const GROWTH = 4;
const LONGEST_INTERVAL_MS = 86_400_000;

const FAILURES: ReadonlySet<Result> = new Set([
  "failed",
  "killed",
  "timeout",
  "oom",
  "spawn_error",
  "lost",
] satisfies Result[]);

/** Times are Unix ms. */
export interface Episode {
  readonly since: number;
  readonly count: number;
  /** From when on the next failure is told, and how long that interval is. */
  readonly tellAt: number;
  readonly interval: number;
  /** The last thing that was told is that it fails. */
  readonly told: boolean;
  readonly gaveUp: boolean;
  /** The instances that are not well, each with when it was started again; `null` while it is not. */
  readonly failing: Readonly<Record<string, number | null>>;
  /** When all were well again; `null` while they are not. */
  readonly wellAt: number | null;
}

/** What comes of a fact: an episode to be kept, `null` for none any more, and what is to be told. */
export interface Step {
  readonly episode: Episode | null;
  readonly notices: readonly Notice[];
}

type OfTask = Extract<Fact, { task: string }>;

export function afterFact(before: Episode | null, fact: OfTask, now: number): Step {
  switch (fact.kind) {
    case "run.finished":
      if (FAILURES.has(fact.outcome.result)) return failed(before, fact, now);
      if (fact.outcome.result === "succeeded") return well(before, fact.alias, fact, now);
      return moved(before, fact.alias, null);
    case "run.started":
    case "run.adopted":
      return moved(before, fact.alias, now);
    case "instance.unhealthy":
      return moved(before, fact.alias, null);
    case "instance.healthy":
      return well(before, fact.alias, fact, now);
    case "instance.failed":
      return gaveUp(before, fact);
    case "task.stopped":
    case "task.removed":
      return { episode: null, notices: [] };
    default:
      return { episode: before, notices: [] };
  }
}

/** Time has passed: who has run for long enough is well again. */
export function afterTime(before: Episode, task: string, now: number): Step {
  const left = Object.entries(before.failing).filter(([, up]) => up === null || now - up < RECOVERED_MS);
  if (left.length === Object.keys(before.failing).length) return { episode: before, notices: [] };
  return close({ ...before, failing: Object.fromEntries(left) }, task, null, now);
}

/** When `afterTime` is to be asked, in Unix ms; `null` for not at all. */
export function dueAt({ failing, wellAt }: Episode): number | null {
  if (wellAt !== null) return wellAt + QUIET_MS;
  const ups = Object.values(failing).filter((up) => up !== null);
  return ups.length === 0 ? null : Math.min(...ups) + RECOVERED_MS;
}

/** Long enough over to be forgotten. */
export function isOver({ wellAt }: Episode, now: number): boolean {
  return wellAt !== null && now - wellAt >= QUIET_MS;
}

function failed(before: Episode | null, fact: Extract<Fact, { kind: "run.finished" }>, now: number): Step {
  const { alias, outcome } = fact;
  const last = before === null || isOver(before, now) ? null : before;
  const told = (event: "failed" | "still_failing", count: number, text: string): Notice => ({
    event,
    level: "error",
    time: fact.time,
    task: fact.task,
    alias,
    text,
    reason: outcome.reason,
    count,
    fact,
  });
  if (last === null) {
    const episode: Episode = {
      since: now,
      count: 1,
      tellAt: now + FIRST_INTERVAL_MS,
      interval: FIRST_INTERVAL_MS,
      told: true,
      gaveUp: false,
      failing: { [alias]: null },
      wellAt: null,
    };
    return { episode, notices: [told("failed", 1, failedText(fact))] };
  }
  const count = last.count + 1;
  const episode: Episode = { ...last, count, failing: { ...last.failing, [alias]: null }, wellAt: null };
  if (now < last.tellAt) return { episode, notices: [] };
  const interval = Math.min(last.interval * GROWTH, LONGEST_INTERVAL_MS);
  return {
    episode: { ...episode, told: true, tellAt: now + interval, interval },
    notices: [told("still_failing", count, stillFailingText(fact, count, last.since))],
  };
}

function moved(before: Episode | null, alias: string, up: number | null): Step {
  if (before === null || !(alias in before.failing)) return { episode: before, notices: [] };
  return { episode: { ...before, failing: { ...before.failing, [alias]: up } }, notices: [] };
}

function well(before: Episode | null, alias: string, fact: OfTask, now: number): Step {
  if (before === null || !(alias in before.failing)) return { episode: before, notices: [] };
  const { [alias]: _, ...failing } = before.failing;
  return close({ ...before, failing }, fact.task, fact, now);
}

/** Once none of them fails any more it is told, if it was told that they do. */
function close(episode: Episode, task: string, fact: Fact | null, now: number): Step {
  if (Object.keys(episode.failing).length > 0) return { episode, notices: [] };
  const closed: Episode = { ...episode, told: false, gaveUp: false, wellAt: now };
  if (!episode.told) return { episode: closed, notices: [] };
  const notice: Notice = {
    event: "recovered",
    level: "info",
    time: new Date(now).toISOString(),
    task,
    alias: null,
    text: recoveredText(task, episode.count, now - episode.since),
    reason: null,
    count: episode.count,
    fact,
  };
  return { episode: closed, notices: [notice] };
}

/** Nobody tries it again: that is told at once, and once. */
function gaveUp(before: Episode | null, fact: Extract<Fact, { kind: "instance.failed" }>): Step {
  const again = fact.retry_at !== undefined && fact.retry_at !== null;
  if (again || before?.gaveUp === true) return { episode: before, notices: [] };
  const notice: Notice = {
    event: "gave_up",
    level: "error",
    time: fact.time,
    task: fact.task,
    alias: fact.alias,
    text: `${fact.alias} is not started again: ${fact.reason}`,
    reason: fact.reason,
    count: before?.count ?? 1,
    fact,
  };
  return { episode: before === null ? null : { ...before, gaveUp: true, told: true }, notices: [notice] };
}
