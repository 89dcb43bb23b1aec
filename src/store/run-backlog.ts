/** The runs of the backlog. As in the database, the newest ended run of an instance is kept, whatever else has to go. */
import type { Database } from "bun:sqlite";
import type { ProcessIdentity, RunEnd, RunStart } from "../domain/history.ts";
import type { RunId } from "../domain/run.ts";
import { findRun } from "./run-reading.ts";
import { RunTable } from "./runs.ts";
import type { Write } from "./write.ts";

/** Ended runs that wait and are not the newest of their instance. */
const MAX_SUPERSEDED = 10_000;

/** What is to be written of a run. */
interface RunWrite {
  /** Not there if it is on disk. */
  readonly start?: RunStart;
  readonly process?: ProcessIdentity;
  readonly end?: RunEnd;
  readonly forgotten?: true;
}

export class RunBacklog {
  readonly #database: Database;
  readonly #table: RunTable;
  readonly #runs = new Map<RunId, RunWrite>();
  /** For each task and index the newest run that began and ended here. */
  readonly #newest = new Map<string, Map<number, RunId>>();
  /** The other ones that began and ended here, the oldest first. */
  readonly #superseded = new Set<RunId>();
  #lost = 0;

  constructor(database: Database) {
    this.#database = database;
    this.#table = new RunTable(database);
  }

  get size(): number {
    return this.#runs.size;
  }

  start(start: RunStart): void {
    this.#add(start.run, { start });
  }

  spawned(run: RunId, process: ProcessIdentity): void {
    this.#add(run, { process });
  }

  end(run: RunId, end: RunEnd): void {
    this.#add(run, { end });
    const start = this.#runs.get(run)?.start;
    if (start === undefined) return;
    const newest = this.#newest.get(start.task) ?? new Map<number, RunId>();
    this.#newest.set(start.task, newest);
    const older = newest.get(start.index);
    if (older !== undefined && older !== run) this.#superseded.add(older);
    newest.set(start.index, run);
  }

  forget(run: RunId): void {
    this.#drop(run);
    this.#runs.set(run, { forgotten: true });
  }

  /** Nobody will ask how its instances ended. */
  taskRemoved(task: string): void {
    for (const run of this.#newest.get(task)?.values() ?? []) this.#superseded.add(run);
    this.#newest.delete(task);
  }

  trim(): void {
    for (const run of this.#superseded) {
      if (this.#superseded.size <= MAX_SUPERSEDED) return;
      this.#drop(run);
      this.#lost++;
    }
  }

  takeLost(): number {
    const lost = this.#lost;
    this.#lost = 0;
    return lost;
  }

  *writes(): Generator<Write> {
    for (const [run, write] of this.#runs)
      yield {
        describe: () => this.#describe(run, write),
        perform: () => this.#perform(run, write),
        done: () => this.#drop(run),
      };
  }

  #add(run: RunId, part: RunWrite): void {
    this.#runs.set(run, { ...this.#runs.get(run), ...part });
  }

  #drop(run: RunId): void {
    const start = this.#runs.get(run)?.start;
    this.#runs.delete(run);
    this.#superseded.delete(run);
    if (start === undefined) return;
    const newest = this.#newest.get(start.task);
    if (newest?.get(start.index) !== run) return;
    newest.delete(start.index);
    if (newest.size === 0) this.#newest.delete(start.task);
  }

  #perform(run: RunId, { start, process, end, forgotten }: RunWrite): void {
    if (forgotten) return this.#table.forget(run);
    if (start !== undefined) this.#table.start(start);
    if (process !== undefined) this.#table.spawned(run, process);
    if (end !== undefined) this.#table.end(run, end);
  }

  #describe(run: RunId, { start }: RunWrite): string {
    const alias = start?.alias ?? findRun(this.#database, run)?.alias;
    return alias === undefined ? `run ${run}` : `run ${run} of ${alias}`;
  }
}
