/**
 * What is not on disk yet, by what it is about: of a task the last state counts, of a run its beginning, process and end are
 * one. Bounded, however long nothing can be written: there are no more tasks than the service has, and the oldest runs
 * that have ended and the oldest facts go. What was given up is counted.
 */
import type { Database } from "bun:sqlite";
import type { Fact } from "../domain/fact.ts";
import type { TaskRecord } from "../domain/history.ts";
import { addFact } from "./facts.ts";
import { KeepsakeBacklog } from "./keepsakes.ts";
import { writeMeta } from "./meta.ts";
import { RunBacklog } from "./run-backlog.ts";
import { TaskTable } from "./tasks.ts";
import type { Lost, Write } from "./write.ts";

const MAX_FACTS = 10_000;

interface TaskWrite {
  /** The row on disk goes first, so that a task of the same name gets a new place in the order. */
  readonly removed: boolean;
  readonly record: TaskRecord | null;
}

export class Backlog {
  readonly #database: Database;
  readonly #table: TaskTable;
  readonly #meta = new Map<string, string>();
  readonly #tasks = new Map<string, TaskWrite>();
  readonly #facts = new Map<number, Fact>();
  readonly runs: RunBacklog;
  readonly keepsakes: KeepsakeBacklog;
  /** The tasks on disk: of another one there is nothing to remove. */
  readonly #stored: Set<string>;
  #lostFacts = 0;

  constructor(database: Database) {
    this.#database = database;
    this.#table = new TaskTable(database);
    this.runs = new RunBacklog(database);
    this.keepsakes = new KeepsakeBacklog(database);
    this.#stored = new Set(this.#table.names());
  }

  get empty(): boolean {
    const ours = this.#meta.size + this.#tasks.size + this.#facts.size;
    return ours + this.runs.size + this.keepsakes.size === 0;
  }

  setMeta(key: string, value: string): void {
    this.#meta.set(key, value);
  }

  saveTask(record: TaskRecord): void {
    const { name } = record.task;
    const older = this.#tasks.get(name);
    if (older?.record === null) this.#tasks.delete(name);
    this.#tasks.set(name, { removed: older?.removed ?? false, record });
  }

  removeTask(name: string): void {
    this.#tasks.delete(name);
    this.runs.taskRemoved(name);
    if (this.#stored.has(name)) this.#tasks.set(name, { removed: true, record: null });
  }

  addFact(fact: Fact): void {
    this.#facts.set(fact.id, fact);
  }

  /** Gives up what is too much. */
  trim(): void {
    this.runs.trim();
    for (const id of this.#facts.keys()) {
      if (this.#facts.size <= MAX_FACTS) return;
      this.#facts.delete(id);
      this.#lostFacts++;
    }
  }

  /** How much was given up since this was asked last. */
  takeLost(): Lost {
    const lost = { facts: this.#lostFacts, runs: this.runs.takeLost() };
    this.#lostFacts = 0;
    return lost;
  }

  /** Everything, in the order in which it may be written. */
  *writes(): Generator<Write> {
    for (const [key, value] of this.#meta)
      yield {
        describe: () => `the value ${key}`,
        perform: () => writeMeta(this.#database, key, value),
        done: () => this.#meta.delete(key),
      };
    for (const [name, write] of this.#tasks) yield this.#ofTask(name, write);
    yield* this.runs.writes();
    // before the facts: what a fact gives to tell is not lost where the fact is kept
    yield* this.keepsakes.writes();
    for (const [id, fact] of this.#facts)
      yield {
        describe: () => `event ${id}, ${fact.kind}${"task" in fact ? ` of task ${fact.task}` : ""}`,
        perform: () => addFact(this.#database, fact),
        done: () => this.#facts.delete(id),
      };
  }

  #ofTask(name: string, { removed, record }: TaskWrite): Write {
    return {
      describe: () => `task ${name}`,
      perform: () => {
        if (removed) this.#table.remove(name);
        if (record !== null) this.#table.save(record);
      },
      done: () => {
        this.#tasks.delete(name);
        if (record === null) this.#stored.delete(name);
        else this.#stored.add(name);
      },
    };
  }
}
