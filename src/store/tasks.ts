/** The table of tasks. */
import type { Database } from "bun:sqlite";
import type { TaskRecord } from "../domain/history.ts";
import { type TaskRow, toTask } from "./rows.ts";

const SAVE = `INSERT INTO tasks (name, definition, revision, desired, created_at, updated_at, asked_at, started_at,
    scheduled_at, set_name)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (name) DO UPDATE SET definition = excluded.definition, revision = excluded.revision,
    desired = excluded.desired, created_at = excluded.created_at, updated_at = excluded.updated_at,
    asked_at = excluded.asked_at, started_at = excluded.started_at, scheduled_at = excluded.scheduled_at,
    set_name = excluded.set_name`;

export class TaskTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** In the order in which they were defined. */
  all(): TaskRecord[] {
    return this.#database.query<TaskRow, []>("SELECT * FROM tasks ORDER BY id").all().map(toTask);
  }

  names(): string[] {
    return this.#database
      .query<{ name: string }, []>("SELECT name FROM tasks")
      .all()
      .map(({ name }) => name);
  }

  save({ task, revision, desired, set, ...times }: TaskRecord): void {
    const { createdAt, updatedAt, askedAt, startedAt, scheduledAt } = times;
    const definition = JSON.stringify(task);
    this.#database
      .query(SAVE)
      .run(
        task.name,
        definition,
        revision,
        desired,
        createdAt,
        updatedAt,
        askedAt,
        startedAt,
        scheduledAt,
        set,
      );
  }

  remove(name: string): void {
    this.#database.query("DELETE FROM tasks WHERE name = ?").run(name);
  }
}
