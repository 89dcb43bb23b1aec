/** The table of runs: reading. */
import type { Database } from "bun:sqlite";
import type { RunPage, RunQuery, RunRecord } from "../domain/history.ts";
import type { RunId } from "../domain/run.ts";
import { type RunRow, toRun } from "./rows.ts";

const LAST = `SELECT * FROM runs WHERE id IN (SELECT max(id) FROM runs
  WHERE task = ? AND ended_at IS NOT NULL AND started_at >= ? GROUP BY instance)`;
const PAGE = `SELECT * FROM runs WHERE (?1 IS NULL OR task = ?1) AND (?2 IS NULL OR result = ?2)
  AND (?3 IS NULL OR started_at >= ?3) AND (?4 IS NULL OR id < ?4) ORDER BY id DESC LIMIT ?5`;
type PageValues = [string | null, string | null, number | null, string | null, number];

export function findRun(database: Database, id: RunId): RunRecord | null {
  const row = database.query<RunRow, [string]>("SELECT * FROM runs WHERE id = ?").get(id);
  return row === null ? null : toRun(row);
}

/** The runs that have no end, the oldest first. */
export function findOpenRuns(database: Database): RunRecord[] {
  return database.query<RunRow, []>("SELECT * FROM runs WHERE ended_at IS NULL ORDER BY id").all().map(toRun);
}

/** The newest ended run of each instance that started at `since` or later. */
export function findLastRuns(database: Database, task: string, since: number): RunRecord[] {
  return database.query<RunRow, [string, number]>(LAST).all(task, since).map(toRun);
}

/** The newest first. */
export function findRuns(database: Database, { task, result, since, limit, cursor }: RunQuery): RunPage {
  const rows = database
    .query<RunRow, PageValues>(PAGE)
    .all(task ?? null, result ?? null, since ?? null, cursor ?? null, limit + 1);
  const items = rows.slice(0, limit).map(toRun);
  return { items, nextCursor: rows.length > limit ? (items.at(-1)?.run ?? null) : null };
}
