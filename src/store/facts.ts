/** The table of facts. */
import type { Database } from "bun:sqlite";
import type { Fact, FactBody } from "../domain/fact.ts";
import type { FactQuery } from "../domain/ports.ts";

interface FactRow {
  readonly id: number;
  readonly time: number;
  readonly kind: string;
  readonly body: string;
}

/** 0 if there is none. */
export function lastFactId(database: Database): number {
  return database.query<{ id: number | null }, []>("SELECT max(id) AS id FROM facts").get()?.id ?? 0;
}

export function addFact(database: Database, { id, time, kind, ...body }: Fact): void {
  database
    .query("INSERT INTO facts VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING")
    .run(id, Date.parse(time), kind, "task" in body ? body.task : null, JSON.stringify(body));
}

/** In the order in which they were told. */
export function findFacts(database: Database, { task, after = 0, limit, newest = false }: FactQuery): Fact[] {
  const order = newest ? "DESC" : "ASC";
  const facts =
    task === undefined
      ? database
          .query<FactRow, [number, number]>(`SELECT * FROM facts WHERE id > ? ORDER BY id ${order} LIMIT ?`)
          .all(after, limit)
      : database
          .query<FactRow, [string, number, number]>(
            `SELECT * FROM facts WHERE task = ? AND id > ? ORDER BY id ${order} LIMIT ?`,
          )
          .all(task, after, limit);
  return (newest ? facts.reverse() : facts).map(toFact);
}

function toFact({ id, time, kind, body }: FactRow): Fact {
  const rest = JSON.parse(body) as Omit<FactBody, "kind">;
  return { ...rest, kind, id, time: new Date(time).toISOString() } as Fact;
}
