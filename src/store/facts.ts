/** The table of facts. */
import type { Database } from "bun:sqlite";
import type { Fact } from "../domain/fact.ts";

export class FactTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** 0 if there is none. */
  lastId(): number {
    return this.#database.query<{ id: number | null }, []>("SELECT max(id) AS id FROM facts").get()?.id ?? 0;
  }

  add({ id, time, kind, ...body }: Fact): void {
    this.#database
      .query("INSERT OR IGNORE INTO facts VALUES (?, ?, ?, ?, ?)")
      .run(id, Date.parse(time), kind, "task" in body ? body.task : null, JSON.stringify(body));
  }
}
