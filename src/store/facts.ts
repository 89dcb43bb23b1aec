/** The table of facts. */
import type { Database } from "bun:sqlite";
import type { Fact } from "../domain/fact.ts";

/** 0 if there is none. */
export function lastFactId(database: Database): number {
  return database.query<{ id: number | null }, []>("SELECT max(id) AS id FROM facts").get()?.id ?? 0;
}

export function addFact(database: Database, { id, time, kind, ...body }: Fact): void {
  database
    .query("INSERT INTO facts VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING")
    .run(id, Date.parse(time), kind, "task" in body ? body.task : null, JSON.stringify(body));
}
