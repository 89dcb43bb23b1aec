/** Opens the database: WAL, the migrations that are missing, and a refusal of what it must not touch. */
import { Database, SQLiteError } from "bun:sqlite";
import { closeSync, existsSync, openSync, statSync } from "node:fs";
import { inWords } from "../platform/system-errors.ts";
import { MIGRATIONS, VERSION } from "./migrations.ts";

const SMALLEST_BYTES = 512;

/** Why the database cannot be used, and what to do; it has not been changed. */
export class StoreError extends Error {
  override readonly name = "StoreError";
}

/** Throws StoreError. */
export function openDatabase(path: string): Database {
  // by a connection that only reads: one that writes moves the log into the database when it is closed
  checkDatabase(path);
  try {
    // it names commands: nobody else shall read it, nor the files that SQLite puts beside it with the same mode
    closeSync(openSync(path, "a", 0o600));
    const database = new Database(path, { create: true, readwrite: true, strict: true });
    prepare(database);
    return database;
  } catch (error) {
    throw refusal(path, error);
  }
}

/** Looks at a database without changing it. Throws StoreError. */
export function checkDatabase(path: string): void {
  if (!existsSync(path)) return;
  try {
    // it names commands: nobody else shall read it, nor the files that SQLite puts beside it with the same mode
    closeSync(openSync(path, "a", 0o600));
    // SQLite takes less than a page for an empty database
    const { size } = statSync(path);
    if (size > 0 && size < SMALLEST_BYTES) throw damaged(path);
    const database = new Database(path, { readonly: true });
    check(database, path);
    database.close();
  } catch (error) {
    throw refusal(path, error);
  }
}

/** Whether the database is as this executable writes it. Throws StoreError. */
export function isCurrent(path: string): boolean {
  try {
    const database = new Database(path, { readonly: true });
    const version = versionOf(database);
    database.close();
    return version === VERSION;
  } catch (error) {
    throw refusal(path, error);
  }
}

function check(database: Database, path: string): void {
  const found = versionOf(database);
  if (found > VERSION)
    throw new StoreError(
      `${path}: written by a newer meproc (version ${found} of the database, this one knows ${VERSION}); use that meproc, or another --data-dir`,
    );
  const [row] = database.query<{ quick_check: string }, []>("PRAGMA quick_check(1)").all();
  if (row?.quick_check !== "ok") throw damaged(path);
}

function prepare(database: Database): void {
  database.run("PRAGMA journal_mode = WAL");
  database.run("PRAGMA synchronous = NORMAL");
  database.run("PRAGMA busy_timeout = 50");
  // a checkpoint waits for the disk: one comes here, after 32 MB, only if the thread that makes them is kept from it
  database.run("PRAGMA wal_autocheckpoint = 8000");
  for (let version = versionOf(database); version < VERSION; version++) {
    database.transaction(() => {
      database.run(MIGRATIONS[version] ?? "");
      database.run(`PRAGMA user_version = ${version + 1}`);
    })();
  }
}

function versionOf(database: Database): number {
  return database.query<{ user_version: number }, []>("PRAGMA user_version").get()?.user_version ?? 0;
}

function damaged(path: string): StoreError {
  return new StoreError(
    `${path}: the database is damaged; move it away (with its -wal and -shm) or restore a copy, then start again`,
  );
}

function refusal(path: string, error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const corrupt = error instanceof SQLiteError && /^SQLITE_(CORRUPT|NOTADB)/.test(error.code ?? "");
  if (corrupt) return damaged(path);
  return new StoreError(`${path}: the database cannot be opened: ${inWords(error)}`, { cause: error });
}
