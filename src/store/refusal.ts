/** Whether a write failed for what it says, or for the state of disk and database. */
import { SQLiteError } from "bun:sqlite";

/** Others would fail just the same, and this one may be written once that is over. */
const OF_THE_DATABASE =
  /^SQLITE_(FULL|READONLY|IOERR|BUSY|LOCKED|CANTOPEN|NOMEM|PERM|AUTH|PROTOCOL|INTERRUPT|CORRUPT|NOTADB)/;

/** SQLite will never take it, so nothing shall wait for it. */
export function isRefusal(error: unknown): boolean {
  return !(error instanceof SQLiteError) || !OF_THE_DATABASE.test(error.code ?? "");
}
