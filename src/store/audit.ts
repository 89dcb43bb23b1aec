/** The table of the audit. Nothing here changes or removes an entry; `surplus` bounds how many there are. */
import type { Database } from "bun:sqlite";
import type { AuditEntry, AuditQuery } from "../domain/accounts.ts";

const FIND = `SELECT * FROM audit WHERE (?1 IS NULL OR id < ?1) AND (?2 IS NULL OR actor = ?2)
  ORDER BY id DESC LIMIT ?3`;

export function addAudit(database: Database, entry: AuditEntry): void {
  const { id, time, actor, address, action, target, outcome, status } = entry;
  database
    .query("INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING")
    .run(id, time, actor, address, action, target, outcome, status);
}

/** The newest first. */
export function findAudit(database: Database, { before, actor, limit }: AuditQuery): AuditEntry[] {
  return database
    .query<AuditEntry, [string | null, string | null, number]>(FIND)
    .all(before ?? null, actor ?? null, limit);
}
