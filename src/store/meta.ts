/** Values that belong to the data directory. */
import type { Database } from "bun:sqlite";

export function readMeta(database: Database, key: string): string | null {
  return (
    database.query<{ value: string }, [string]>("SELECT value FROM meta WHERE key = ?").get(key)?.value ??
    null
  );
}

export function writeMeta(database: Database, key: string, value: string): void {
  database.query("INSERT OR REPLACE INTO meta VALUES (?, ?)").run(key, value);
}
