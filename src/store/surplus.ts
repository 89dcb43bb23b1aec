/** What is old or too much, and its removal. */
import type { Database } from "bun:sqlite";

/** Never removed: by the last run of an instance the next service knows that a once task has finished. */
const LAST = `SELECT max(id) FROM runs WHERE ended_at IS NOT NULL AND task IN (SELECT name FROM tasks)
  GROUP BY task, instance`;
/** So many facts are kept at the most, whatever their age. */
const MAX_FACTS = 100_000;
/** Ended runs of a task beyond its newest. */
const SURPLUS_RUNS = `DELETE FROM runs WHERE id IN (SELECT id FROM runs WHERE task = ?1 AND ended_at IS NOT NULL
  AND id < (SELECT id FROM runs WHERE task = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)
  AND id NOT IN (SELECT max(id) FROM runs WHERE task = ?1 AND ended_at IS NOT NULL GROUP BY instance) LIMIT ?3)`;
/** Runs, like facts, are in the order of their time. */
const OLD_RUNS = `DELETE FROM runs WHERE id IN
  (SELECT id FROM (SELECT id, ended_at FROM runs ORDER BY id LIMIT 5000) WHERE ended_at < ? AND id NOT IN (${LAST}) LIMIT ?)`;
/** Facts are in the order of their time, so only the first of them are looked at. */
const OLD_FACTS = `DELETE FROM facts WHERE id IN
  (SELECT id FROM (SELECT id, time FROM facts ORDER BY id LIMIT ?) WHERE time < ?)`;
const SURPLUS_FACTS = `DELETE FROM facts WHERE id IN
  (SELECT id FROM facts WHERE id <= (SELECT max(id) FROM facts) - ? ORDER BY id LIMIT ?)`;
/** The audit is kept longer than anything else, and bounded all the same. Strangers who fail all day push out nothing but each other. */
const MAX_AUDIT = { known: 200_000, unknown: 20_000 };
const surplusAudit = (whose: string) => `DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE ${whose}
  AND id <= (SELECT id FROM audit WHERE ${whose} ORDER BY id DESC LIMIT 1 OFFSET ?) ORDER BY id LIMIT ?)`;
const SURPLUS_KNOWN = surplusAudit("actor <> 'unknown'");
const SURPLUS_UNKNOWN = surplusAudit("actor = 'unknown'");

export interface Limits {
  readonly maxRunsPerTask: number;
  /** What is older (Unix ms) goes. */
  readonly before: number;
  /** How many of each kind at a time. */
  readonly batch: number;
}

/** Removes at most `batch` of each kind; true if there may be more. Throws what SQLite throws. */
export function removeSurplus(database: Database, { maxRunsPerTask, before, batch }: Limits): boolean {
  const remove = (sql: string, ...values: (string | number)[]) => database.query(sql).run(...values).changes;
  const surplus = tasksWithMoreThan(database, maxRunsPerTask).map((task) =>
    remove(SURPLUS_RUNS, task, maxRunsPerTask - 1, batch),
  );
  const old = remove(OLD_RUNS, before, batch);
  const facts = [remove(OLD_FACTS, batch, before), remove(SURPLUS_FACTS, MAX_FACTS, batch)];
  const audit = [
    remove(SURPLUS_KNOWN, MAX_AUDIT.known, batch),
    remove(SURPLUS_UNKNOWN, MAX_AUDIT.unknown, batch),
  ];
  return [...surplus, old, ...facts, ...audit].some((count) => count >= batch);
}

function tasksWithMoreThan(database: Database, runs: number): string[] {
  return database
    .query<{ task: string }, [number]>("SELECT task FROM runs GROUP BY task HAVING count(*) > ?")
    .all(runs)
    .map(({ task }) => task);
}
