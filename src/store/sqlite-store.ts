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

interface Pending {
  readonly write: () => void;
  /** May be given up when too much is waiting. */
  readonly dispensable?: boolean;
  /** A later write with the same key takes its place. */
  readonly key?: string;
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

  saveTask(record: TaskRecord): void {
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
    this.#soon(write, { key: `task ${task.name}` });
  }

  removeTask(name: string): void {
    // else a later save would take the place of one before the removal
    this.#pending = this.#pending.filter(({ key }) => key !== `task ${name}`);
    this.#now(() => {
      this.#database.query("DELETE FROM tasks WHERE name = ?").run(name);
    });
  }

  runStarting(start: RunStart): void {
    const { run, task, index, alias, trigger, scheduledFor, startedAt } = start;
    this.#soon(() => {
      this.#database
        .query(
          `INSERT OR IGNORE INTO runs (id, task, instance, alias, trigger, scheduled_for, started_at)
           VALUES (?, ?, ?, ?, ?, ?, ?)`,
        )
        .run(run, task, index, alias, trigger, scheduledFor, startedAt);
    });
  }

  runSpawned(run: RunId, { pid, started, boot }: ProcessIdentity): void {
    this.#soon(() => {
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

  forgetRun(run: RunId): void {
    this.#now(() => {
      this.#database.query("DELETE FROM runs WHERE id = ?").run(run);
    });
  }

  /** The runs that have no end, the oldest first. */
  openRuns(): RunRecord[] {
    return this.#database
      .query<RunRow, []>("SELECT * FROM runs WHERE ended_at IS NULL ORDER BY id")
      .all()
      .map(toRun);
  }

  lastRuns(task: string, since: number): RunRecord[] {
    return this.#database
      .query<RunRow, [string, number]>(
        `SELECT * FROM runs WHERE id IN (SELECT max(id) FROM runs
           WHERE task = ? AND ended_at IS NOT NULL AND started_at >= ? GROUP BY instance)`,
      )
      .all(task, since)
      .map(toRun);
  }

  run(id: RunId): RunRecord | null {
    this.flush();
    const row = this.#database.query<RunRow, [string]>("SELECT * FROM runs WHERE id = ?").get(id);
    return row === null ? null : toRun(row);
  }

  runs({ task, result, since, limit, cursor }: RunQuery): RunPage {
    this.flush();
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
    this.flush();
    return this.#database.query<{ id: number | null }, []>("SELECT max(id) AS id FROM facts").get()?.id ?? 0;
  }

  addFact(fact: Fact): void {
    const { id, time, kind, ...body } = fact;
    this.#soon(
      () => {
        this.#database
          .query("INSERT OR IGNORE INTO facts VALUES (?, ?, ?, ?, ?)")
          .run(id, Date.parse(time), kind, "task" in body ? body.task : null, JSON.stringify(body));
      },
      { dispensable: true },
    );
  }

  /** Removes at most `batch` old runs and facts; true if there may be more. */
  prune(limits: {
    readonly maxRunsPerTask: number;
    readonly before: number;
    readonly batch: number;
  }): boolean {
    const { maxRunsPerTask, before, batch } = limits;
    this.flush();
    const remove = (sql: string, ...values: (string | number)[]) =>
      this.#database.query(sql).run(...values).changes;
    try {
      this.#database.run("PRAGMA wal_checkpoint(PASSIVE)");
      const surplus = this.#tasksWithMoreThan(maxRunsPerTask).map((task) =>
        remove(SURPLUS_RUNS, task, maxRunsPerTask - 1, batch),
      );
      const old = remove(OLD_RUNS, before, batch);
      const facts = [remove(OLD_FACTS, batch, before), remove(SURPLUS_FACTS, MAX_FACTS, batch)];
      return [...surplus, old, ...facts].some((count) => count >= batch);
    } catch (error) {
      // it is tried again in an hour; a write that matters will tell what is wrong
      if (error instanceof SQLiteError) return false;
      throw error;
    }
  }

  #tasksWithMoreThan(runs: number): string[] {
    return this.#database
      .query<{ task: string }, [number]>("SELECT task FROM runs GROUP BY task HAVING count(*) > ?")
      .all(runs)
      .map(({ task }) => task);
  }

  /** Writes what is still missing, and closes. */
  close(): void {
    this.#write();
    if (this.#retry !== null) clearTimeout(this.#retry);
    if (this.#flushing !== null) clearImmediate(this.#flushing);
    this.#database.close();
  }

  /** Written now, with whatever has been put off until now. */
  #now(write: () => void): void {
    this.#pending.push({ write });
    this.flush();
  }

  /**
   * Written with the next write, or at the end of this turn of the event loop: many together cost little more than one.
   * Of those with one key only the last is written.
   */
  #soon(write: () => void, how: Omit<Pending, "write"> = {}): void {
    const older = how.key === undefined ? -1 : this.#pending.findIndex(({ key }) => key === how.key);
    if (older === -1) this.#pending.push({ ...how, write });
    else this.#pending[older] = { ...how, write };
    this.#flushing ??= setImmediate(() => {
      this.#flushing = null;
      this.flush();
    });
  }

  /** While writing fails it is tried now and then, and nobody has to wait for each try. */
  flush(): void {
    if (this.#failing) this.#forgetOldFacts();
    else this.#write();
  }

  #write(): void {
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
      this.#write();
    }, RETRY_MS);
  }

  #forgetOldFacts(): void {
    let surplus = this.#pending.filter(({ dispensable }) => dispensable === true).length - MAX_PENDING_FACTS;
    if (surplus <= 0) return;
    this.#pending = this.#pending.filter(({ dispensable }) => !(dispensable === true && surplus-- > 0));
  }
}
