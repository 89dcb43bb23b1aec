/** A fact as plugins and listeners are told it: the events of Meproc 1.x are made from it. Pure. */
import type { Fact } from "../domain/fact.ts";

const NOTHING = { task: null, alias: null, from: null, to: null, reason: null, actor: null } as const;

/** As the API shows it, flat, with all that belongs to every fact. */
export function plainFact({ id, time, kind, ...rest }: Fact): Record<string, unknown> {
  return { id, time, kind, ...NOTHING, ...rest };
}

/** What was started; `null` for a fact of another kind. */
export function startEvent(fact: Fact, conf: unknown, again: boolean): Record<string, unknown> | null {
  if (fact.kind !== "run.started") return null;
  const { id, time, task, alias, index, pid, run, trigger } = fact;
  return { id, again, time, conf, task, alias, index, pid, run, trigger };
}

/** What has ended; `null` for a fact of another kind, and for the end of what had never been there. */
export function stopEvent(fact: Fact, conf: unknown, again: boolean): Record<string, unknown> | null {
  if (fact.kind !== "run.finished") return null;
  const { id, time, task, alias, index, pid, run, outcome, duration_ms } = fact;
  if (outcome.result === "spawn_error" || outcome.result === "skipped") return null;
  return { id, again, time, conf, task, alias, index, pid, run, ...outcome, duration_ms };
}
