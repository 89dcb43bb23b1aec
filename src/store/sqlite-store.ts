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
import type { FactArchive, FactQuery, History, Keepsakes, RunArchive } from "../domain/ports.ts";
import type { RunId } from "../domain/run.ts";
import type { Checkpoints } from "./checkpoints.ts";
import { findFacts, lastFactId } from "./facts.ts";
import { findKeepsakes } from "./keepsakes.ts";
import { readMeta } from "./meta.ts";
import { type PendingOptions, PendingWrites } from "./pending.ts";
import { findLastRuns, findOpenRuns, findRun, findRuns } from "./run-reading.ts";
import { type Limits, removeSurplus } from "./surplus.ts";
import { TaskTable } from "./tasks.ts";

export interface StoreOptions extends Omit<PendingOptions, "onWritten"> {
  /** Without them SQLite moves its log into the database by itself, while everybody waits. */
  readonly checkpoints?: Checkpoints;
}

export class SqliteStore implements History, RunArchive, FactArchive, Keepsakes {
  readonly #database: Database;
  readonly #pending: PendingWrites;
  readonly #checkpoints: Checkpoints | null;
  readonly #tasks: TaskTable;

  constructor({ checkpoints, ...options }: StoreOptions) {
    this.#database = options.database;
    this.#checkpoints = checkpoints ?? null;
    this.#pending = new PendingWrites({
      ...options,
      onWritten: (count) => this.#checkpoints?.written(count),
    });
    this.#tasks = new TaskTable(options.database);
  }

  /** A value that belongs to the data directory, made when it is asked for first. */
  meta(key: string, make: () => string): string {
    const found = readMeta(this.#database, key);
    if (found !== null) return found;
    const value = make();
    this.#pending.now((backlog) => backlog.setMeta(key, value));
    return value;
  }

  tasks(): TaskRecord[] {
    return this.#tasks.all();
  }

  saveTask(record: TaskRecord): void {
    this.#pending.soon((backlog) => backlog.saveTask(record));
  }

  removeTask(name: string): void {
    this.#pending.now((backlog) => backlog.removeTask(name));
  }

  runStarting(start: RunStart): void {
    this.#pending.soon(({ runs }) => runs.start(start));
  }

  runSpawned(run: RunId, process: ProcessIdentity): void {
    this.#pending.soon(({ runs }) => runs.spawned(run, process));
  }

  runEnded(run: RunId, end: RunEnd): void {
    this.#pending.now(({ runs }) => runs.end(run, end));
  }

  forgetRun(run: RunId): void {
    this.#pending.now(({ runs }) => runs.forget(run));
  }

  openRuns(): RunRecord[] {
    return findOpenRuns(this.#database);
  }

  lastRuns(task: string, since: number): RunRecord[] {
    return findLastRuns(this.#database, task, since);
  }

  run(id: RunId): RunRecord | null {
    this.flush();
    return findRun(this.#database, id);
  }

  runs(query: RunQuery): RunPage {
    this.flush();
    return findRuns(this.#database, query);
  }

  lastFactId(): number {
    this.flush();
    return lastFactId(this.#database);
  }

  facts(query: FactQuery): Fact[] {
    this.flush();
    return findFacts(this.#database, query);
  }

  addFact(fact: Fact): void {
    this.#pending.soon((backlog) => backlog.addFact(fact));
  }

  kept(room: string): [key: string, value: string][] {
    this.flush();
    return findKeepsakes(this.#database, room);
  }

  keep(room: string, key: string, value: string | null): void {
    this.#pending.soon(({ keepsakes }) => keepsakes.set(room, key, value));
  }

  /** Removes at most `batch` old runs and facts; true if there may be more. */
  prune(limits: Limits): boolean {
    this.flush();
    try {
      const more = removeSurplus(this.#database, limits);
      this.#checkpoints?.begin();
      return more;
    } catch (error) {
      // it is tried again in an hour; a write that matters will tell what is wrong
      if (error instanceof SQLiteError) return false;
      throw error;
    }
  }

  flush(): void {
    this.#pending.flush();
  }

  /** Writes what is still missing, and closes. */
  close(): void {
    this.#pending.close();
    this.#database.close();
  }
}
