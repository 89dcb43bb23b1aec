/** The table of runs: writing. */
import type { Database } from "bun:sqlite";
import type { ProcessIdentity, RunEnd, RunStart } from "../domain/history.ts";
import type { RunId } from "../domain/run.ts";

const START = `INSERT INTO runs (id, task, instance, alias, trigger, scheduled_for, started_at)
  VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`;
const SPAWNED = "UPDATE runs SET pid = ?, process_started = ?, boot = ? WHERE id = ?";
const END = `UPDATE runs SET ended_at = ?, duration_ms = ?, result = ?, exit_code = ?, exit_signal = ?, reason = ?,
  max_rss_bytes = ?, cpu_ms = ? WHERE id = ?`;

export class RunTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  start({ run, task, index, alias, trigger, scheduledFor, startedAt }: RunStart): void {
    this.#database.query(START).run(run, task, index, alias, trigger, scheduledFor, startedAt);
  }

  spawned(run: RunId, { pid, started, boot }: ProcessIdentity): void {
    this.#database.query(SPAWNED).run(pid, started, boot, run);
  }

  end(run: RunId, { endedAt, durationMs, outcome, usage }: RunEnd): void {
    const { result, exit_code, exit_signal, reason } = outcome;
    const { max_rss_bytes, cpu_ms } = usage;
    this.#database
      .query(END)
      .run(endedAt, durationMs, result, exit_code, exit_signal, reason, max_rss_bytes, cpu_ms, run);
  }

  forget(run: RunId): void {
    this.#database.query("DELETE FROM runs WHERE id = ?").run(run);
  }
}
