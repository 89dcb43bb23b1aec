/**
 * The shape of the database, step by step. A step that has been released is never changed: each database out there
 * has taken it as it was. `test/fixtures/store` has a file of every version.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE tasks (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    definition TEXT NOT NULL,
    revision INTEGER NOT NULL,
    desired TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    asked_at INTEGER,
    started_at INTEGER
  ) STRICT;

  CREATE TABLE runs (
    id TEXT PRIMARY KEY,
    task TEXT NOT NULL,
    instance INTEGER NOT NULL,
    alias TEXT NOT NULL,
    trigger TEXT NOT NULL,
    scheduled_for INTEGER,
    started_at INTEGER NOT NULL,
    ended_at INTEGER,
    duration_ms INTEGER,
    result TEXT,
    exit_code INTEGER,
    exit_signal TEXT,
    reason TEXT,
    pid INTEGER,
    process_started TEXT,
    boot TEXT,
    max_rss_bytes INTEGER,
    cpu_ms INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX runs_of_task ON runs (task, id);
  CREATE INDEX runs_of_instance ON runs (task, instance, id);
  CREATE INDEX runs_open ON runs (id) WHERE ended_at IS NULL;

  CREATE TABLE facts (
    id INTEGER PRIMARY KEY,
    time INTEGER NOT NULL,
    kind TEXT NOT NULL,
    task TEXT,
    body TEXT NOT NULL
  ) STRICT;
  CREATE INDEX facts_of_task ON facts (task, id);
  `,
  `
  ALTER TABLE tasks ADD COLUMN scheduled_at INTEGER;
  ALTER TABLE tasks ADD COLUMN set_name TEXT;
  `,
  `
  CREATE TABLE keepsakes (
    room TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (room, key)
  ) STRICT, WITHOUT ROWID;
  `,
];

/** The version that this executable writes. */
export const VERSION = MIGRATIONS.length;
