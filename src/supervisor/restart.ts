/** Restart policy: how long to wait before an ended process is started again, and when to give up. Pure arithmetic. */
import type { Streak } from "../domain/instance.ts";
import type { Outcome } from "../domain/run.ts";
import type { Task } from "../domain/task.ts";
import { inWords } from "./outcome-words.ts";

export type RestartPolicy =
  | { readonly kind: "never" }
  /** A schedule repeats a run that failed, so often, before it waits for its next time. */
  | { readonly kind: "retries"; readonly retries: number; readonly delayMs: number }
  | {
      readonly kind: "restarts";
      readonly when: "always" | "on_failure";
      readonly pause: Pause;
      readonly limit: Limit | null;
    };

export type Pause =
  | { readonly kind: "fixed"; readonly delayMs: number }
  | {
      readonly kind: "growing";
      /** The first restart is at once, and the first pause comes after the second. */
      readonly firstAtOnce: boolean;
      readonly firstMs: number;
      readonly maxMs: number;
      readonly factor: number;
      /** Share of the delay by which it may vary either way, 0 to 1. */
      readonly jitter: number;
      /** A run of this length makes it begin anew. */
      readonly resetAfterMs: number;
    };

export interface Limit {
  readonly restarts: number;
  readonly windowMs: number;
  /** `null` for never. */
  readonly retryAfterMs: number | null;
}

const FIRST_MS = 100;
const MAX_MS = 3000;
const WINDOW_MS = 60_000;
const RETRY_MS = 1000;

/** Of a definition that is valid already. */
export function restartPolicyOf(
  task: Pick<Task, "type" | "interval" | "restart" | "schedule">,
): RestartPolicy {
  if (task.type === "cron") return retriesOf(task.schedule ?? {});
  if (task.type !== "daemon") return { kind: "never" };
  const restart = task.restart ?? {};
  const when = restart.policy ?? "always";
  if (when === "never") return { kind: "never" };
  const pause =
    task.interval === null ? growing(restart) : { kind: "fixed" as const, delayMs: task.interval };
  return { kind: "restarts", when, pause, limit: limitOf(restart) };
}

function retriesOf({ retries = 0, retry_delay_ms = RETRY_MS }: NonNullable<Task["schedule"]>): RestartPolicy {
  return retries === 0 ? { kind: "never" } : { kind: "retries", retries, delayMs: retry_delay_ms };
}

/** A first pause of 0 is none, as if it were not given: else 0 doubled would be 0 for ever. */
function growing(restart: NonNullable<Task["restart"]>): Pause {
  const { delay_ms = 0 } = restart;
  return {
    kind: "growing",
    firstAtOnce: delay_ms === 0,
    firstMs: delay_ms === 0 ? FIRST_MS : delay_ms,
    maxMs: restart.max_delay_ms ?? Math.max(MAX_MS, delay_ms),
    factor: restart.factor ?? 2,
    jitter: restart.jitter ?? 0.1,
    resetAfterMs: restart.reset_after_ms ?? 10_000,
  };
}

function limitOf(restart: NonNullable<Task["restart"]>): Limit | null {
  if (restart.max_restarts === undefined) return null;
  return {
    restarts: restart.max_restarts,
    windowMs: restart.window_ms ?? WINDOW_MS,
    retryAfterMs: restart.retry_after_ms ?? null,
  };
}

/** A run that has ended. */
export interface Ended {
  readonly outcome: Outcome;
  readonly streak: Streak;
  readonly ranMs: number;
}

export type Restart =
  /** It stays as it is. */
  | { readonly kind: "rest" }
  /** Milliseconds until the next start, 0 is at once, and the streak to hand in after the next run. */
  | { readonly kind: "again"; readonly delayMs: number; readonly streak: Streak }
  | { readonly kind: "give_up"; readonly reason: string; readonly retryAfterMs: number | null };

const REST: Restart = { kind: "rest" };

/** What follows the end of a run. `mono` is now, `random` in [0, 1). */
export function nextRestart(policy: RestartPolicy, ended: Ended, mono: number, random: number): Restart {
  const succeeded = ended.outcome.result === "succeeded";
  switch (policy.kind) {
    case "never":
      return REST;
    case "retries": {
      const { attempt, restarts } = ended.streak;
      if (succeeded || attempt >= policy.retries) return REST;
      return { kind: "again", delayMs: policy.delayMs, streak: { attempt: attempt + 1, restarts } };
    }
    case "restarts": {
      if (succeeded && policy.when === "on_failure") return REST;
      const { limit, pause } = policy;
      const { delayMs, attempt } = pauseOf(pause, ended, random);
      const at = mono + delayMs;
      const recent = limit === null ? [] : ended.streak.restarts.filter((each) => at - each < limit.windowMs);
      if (limit !== null && recent.length >= limit.restarts) return giveUp(limit, ended.outcome);
      const restarts = limit === null ? [] : [...recent, at];
      return { kind: "again", delayMs, streak: { attempt, restarts } };
    }
  }
}

function pauseOf(
  pause: Pause,
  { streak, ranMs }: Ended,
  random: number,
): { delayMs: number; attempt: number } {
  if (pause.kind === "fixed") return { delayMs: pause.delayMs, attempt: 0 };
  const before = ranMs >= pause.resetAfterMs ? 0 : streak.attempt;
  const attempt = before + 1;
  if (pause.firstAtOnce && before === 0) return { delayMs: 0, attempt };
  const longer = pause.firstAtOnce ? before - 1 : before;
  const base = Math.min(pause.maxMs, pause.firstMs * pause.factor ** longer);
  return { delayMs: Math.round(base * (1 + pause.jitter * (2 * random - 1))), attempt };
}

function giveUp({ restarts, windowMs, retryAfterMs }: Limit, last: Outcome): Restart {
  const times = restarts === 1 ? "1 restart" : `${restarts} restarts`;
  return {
    kind: "give_up",
    reason: `gave up: ${times} within ${inUnits(windowMs)}; last: ${inWords(last)}`,
    retryAfterMs,
  };
}

/** `60 s`, or `1500 ms` where that would be no whole number. */
export function inUnits(ms: number): string {
  return ms % 1000 === 0 ? `${ms / 1000} s` : `${ms} ms`;
}
