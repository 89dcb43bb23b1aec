/**
 * The store: tasks, runs and facts in one SQLite database. Every write is whole by itself and may be repeated. One that
 * fails (disk full, read-only) is kept in memory and made up for later; supervision never waits for it nor fails with it.
 */
import { type Database, SQLiteError } from "bun:sqlite";
import type { Fact } from "../domain/fact.ts";
import type {
  ProcessIdentity,
  RunEnd,
  RunPage,
  RunQuery,
  RunRecord,
  RunStart,
  TaskRecord,
} from "../domain/history.ts";
import type { History, RunArchive } from "../domain/ports.ts";
import type { RunId } from "../domain/run.ts";
import { inWords } from "../platform/system-errors.ts";
import { type RunRow, toRun, toTask, type TaskRow } from "./rows.ts";

export interface StoreOptions {
  readonly database: Database;
  /** Told once when writing begins to fail, and `null` when all has been made up for. */
  readonly onTrouble: (reason: string | null) => void;
}

/** What was not written yet, the oldest first. Bounded: then the oldest facts go, never tasks or runs. */
const MAX_PENDING_FACTS = 10_000;
const RETRY_MS = 1000;

/** Never removed: by the last run of an instance the next service knows that a once task has finished. */
const LAST = `SELECT max(id) FROM runs WHERE ended_at IS NOT NULL AND task IN (SELECT name FROM tasks)
  GROUP BY task, instance`;
const OLD = `DELETE FROM runs WHERE id IN
  (SELECT id FROM runs WHERE ended_at < ? AND id NOT IN (${LAST}) LIMIT ?)`;
/** Ended runs beyond the newest of their task. */
const SURPLUS = `DELETE FROM runs WHERE id IN (SELECT id FROM
  (SELECT id, ended_at, row_number() OVER (PARTITION BY task ORDER BY id DESC) AS place FROM runs)
  WHERE place > ? AND ended_at IS NOT NULL AND id NOT IN (${LAST}) LIMIT ?)`;

interface Pending {
  readonly write: () => void;
  readonly dispensable: boolean;
}

export class SqliteStore implements History, RunArchive {
  readonly #database: Database;
  readonly #onTrouble: StoreOptions["onTrouble"];
  #pending: Pending[] = [];
  #retry: Timer | null = null;
  #flushing: ReturnType<typeof setImmediate> | null = null;
  #failing = false;

  constructor({ database, onTrouble }: StoreOptions) {
    this.#database = database;
    this.#onTrouble = onTrouble;
  }

  /** A value that belongs to the data directory, made when it is asked for first. */
  meta(key: string, make: () => string): string {
    const found = this.#database
      .query<{ value: string }, [string]>("SELECT value FROM meta WHERE key = ?")
      .get(key);
    if (found !== null) return found.value;
    const value = make();
    this.#now(() => {
      this.#database.query("INSERT OR REPLACE INTO meta VALUES (?, ?)").run(key, value);
    });
    return value;
  }

  tasks(): TaskRecord[] {
    return this.#database.query<TaskRow, []>("SELECT * FROM tasks ORDER BY id").all().map(toTask);
  }

  saveTask(record: TaskRecord, when: "now" | "soon" = "now"): void {
    const { task, revision, desired, createdAt, updatedAt, askedAt, startedAt } = record;
    const write = () => {
      this.#database
        .query(
          `INSERT INTO tasks (name, definition, revision, desired, created_at, updated_at, asked_at, started_at)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?)
           ON CONFLICT (name) DO UPDATE SET definition = excluded.definition, revision = excluded.revision,
             desired = excluded.desired, created_at = excluded.created_at, updated_at = excluded.updated_at,
             asked_at = excluded.asked_at, started_at = excluded.started_at`,
        )
        .run(task.name, JSON.stringify(task), revision, desired, createdAt, updatedAt, askedAt, startedAt);
    };
    if (when === "now") this.#now(write);
    else this.#soon(write, false);
  }

  removeTask(name: string): void {
    this.#now(() => {
      this.#database.query("DELETE FROM tasks WHERE name = ?").run(name);
    });
  }

  runStarting(start: RunStart): void {
    const { run, task, index, alias, trigger, scheduledFor, startedAt } = start;
    this.#now(() => {
      this.#database
        .query(
          `INSERT OR IGNORE INTO runs (id, task, instance, alias, trigger, scheduled_for, started_at)
           VALUES (?, ?, ?, ?, ?, ?, ?)`,
        )
        .run(run, task, index, alias, trigger, scheduledFor, startedAt);
    });
  }

  runSpawned(run: RunId, { pid, started, boot }: ProcessIdentity): void {
    this.#now(() => {
      this.#database
        .query("UPDATE runs SET pid = ?, process_started = ?, boot = ? WHERE id = ?")
        .run(pid, started, boot, run);
    });
  }

  runEnded(run: RunId, { endedAt, durationMs, outcome, usage }: RunEnd): void {
    const { result, exit_code, exit_signal, reason } = outcome;
    this.#now(() => {
      this.#database
        .query(
          `UPDATE runs SET ended_at = ?, duration_ms = ?, result = ?, exit_code = ?, exit_signal = ?, reason = ?,
             max_rss_bytes = ?, cpu_ms = ? WHERE id = ?`,
        )
        .run(
          endedAt,
          durationMs,
          result,
          exit_code,
          exit_signal,
          reason,
          usage.max_rss_bytes,
          usage.cpu_ms,
          run,
        );
    });
  }

  /** The runs that have no end, the oldest first. */
  openRuns(): RunRecord[] {
    return this.#database
      .query<RunRow, []>("SELECT * FROM runs WHERE ended_at IS NULL ORDER BY id")
      .all()
      .map(toRun);
  }

  /** The newest run of each instance of a task that has ended. */
  lastRuns(task: string): RunRecord[] {
    return this.#database
      .query<RunRow, [string]>(
        `SELECT * FROM runs WHERE id IN
           (SELECT max(id) FROM runs WHERE task = ? AND ended_at IS NOT NULL GROUP BY instance)`,
      )
      .all(task)
      .map(toRun);
  }

  run(id: RunId): RunRecord | null {
    const row = this.#database.query<RunRow, [string]>("SELECT * FROM runs WHERE id = ?").get(id);
    return row === null ? null : toRun(row);
  }

  runs({ task, result, since, limit, cursor }: RunQuery): RunPage {
    const rows = this.#database
      .query<RunRow, [string | null, string | null, number | null, string | null, number]>(
        `SELECT * FROM runs WHERE (?1 IS NULL OR task = ?1) AND (?2 IS NULL OR result = ?2)
           AND (?3 IS NULL OR started_at >= ?3) AND (?4 IS NULL OR id < ?4) ORDER BY id DESC LIMIT ?5`,
      )
      .all(task ?? null, result ?? null, since ?? null, cursor ?? null, limit + 1);
    const items = rows.slice(0, limit).map(toRun);
    return { items, nextCursor: rows.length > limit ? (items.at(-1)?.run ?? null) : null };
  }

  lastFactId(): number {
    this.#flush();
    return this.#database.query<{ id: number | null }, []>("SELECT max(id) AS id FROM facts").get()?.id ?? 0;
  }

  addFact(fact: Fact): void {
    const { id, time, kind, ...body } = fact;
    this.#soon(() => {
      this.#database
        .query("INSERT OR IGNORE INTO facts VALUES (?, ?, ?, ?, ?)")
        .run(id, Date.parse(time), kind, "task" in body ? body.task : null, JSON.stringify(body));
    }, true);
  }

  /** Removes at most `batch` old runs and facts; true if there may be more. */
  prune(limits: {
    readonly maxRunsPerTask: number;
    readonly before: number;
    readonly batch: number;
  }): boolean {
    const { maxRunsPerTask, before, batch } = limits;
    this.#flush();
    const remove = (sql: string, ...values: number[]) => this.#database.query(sql).run(...values).changes;
    try {
      const removed = [
        remove(OLD, before, batch),
        remove(SURPLUS, maxRunsPerTask, batch),
        remove("DELETE FROM facts WHERE id IN (SELECT id FROM facts WHERE time < ? LIMIT ?)", before, batch),
      ];
      return removed.some((count) => count >= batch);
    } catch (error) {
      // it is tried again in an hour; a write that matters will tell what is wrong
      if (error instanceof SQLiteError) return false;
      throw error;
    }
  }

  /** Writes what is still missing, and closes. */
  close(): void {
    this.#flush();
    if (this.#retry !== null) clearTimeout(this.#retry);
    if (this.#flushing !== null) clearImmediate(this.#flushing);
    this.#database.close();
  }

  /** Written now, with whatever has been put off until now. */
  #now(write: () => void): void {
    this.#pending.push({ write, dispensable: false });
    this.#flush();
  }

  /** Written with the next write, or at the end of this turn of the event loop: many together cost little more than one. */
  #soon(write: () => void, dispensable: boolean): void {
    this.#pending.push({ write, dispensable });
    this.#flushing ??= setImmediate(() => {
      this.#flushing = null;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#pending.length === 0) return;
    try {
      this.#writeAll();
      this.#pending.length = 0;
    } catch (error) {
      return this.#later(inWords(error));
    }
    if (!this.#failing) return;
    this.#failing = false;
    this.#onTrouble(null);
  }

  /** All or nothing. */
  #writeAll(): void {
    const [first] = this.#pending;
    if (this.#pending.length === 1) return first?.write();
    this.#database.transaction(() => {
      for (const { write } of this.#pending) write();
    })();
  }

  #later(reason: string): void {
    const known = this.#failing;
    this.#failing = true;
    if (!known) this.#onTrouble(reason);
    this.#forgetOldFacts();
    this.#retry ??= setTimeout(() => {
      this.#retry = null;
      this.#flush();
    }, RETRY_MS);
  }

  #forgetOldFacts(): void {
    let surplus = this.#pending.filter(({ dispensable }) => dispensable).length - MAX_PENDING_FACTS;
    if (surplus <= 0) return;
    this.#pending = this.#pending.filter(({ dispensable }) => !(dispensable && surplus-- > 0));
  }
}
