/** What the fixture of a version's database holds. `bun test/store/fixture.ts` writes the one of this version, once. */
import { join } from "node:path";
import type { RunEnd, RunRecord, RunStart, TaskRecord } from "../../src/domain/history.ts";
import { parseTask } from "../../src/supervisor/admission.ts";
import { openDatabase } from "../../src/store/database.ts";
import { VERSION } from "../../src/store/migrations.ts";
import { SqliteStore } from "../../src/store/sqlite-store.ts";

/** 2026-11-22T12:00:00Z */
export const THEN = 1_795_348_800_000;

export function taskRecord(definition: Record<string, unknown>, desired: TaskRecord["desired"]): TaskRecord {
  return {
    task: parseTask(definition),
    revision: 1,
    desired,
    createdAt: THEN,
    updatedAt: THEN,
    askedAt: THEN,
    startedAt: THEN,
    scheduledAt: null,
    set: null,
  };
}

/** Ids sort by their number. */
export const runId = (n: number): string => `01a20398-5f07-7566-adee-${String(n).padStart(12, "0")}`;

export function runStart(n: number, task: string, more: Partial<RunStart> = {}): RunStart {
  const base = {
    run: runId(n),
    task,
    index: 0,
    alias: `${task}:0`,
    trigger: "api",
    scheduledFor: null,
  } as const;
  return { ...base, startedAt: THEN + n, ...more };
}

export function runEnd(n: number, code = 0): RunEnd {
  return {
    endedAt: THEN + n + 1000,
    durationMs: 1000,
    outcome: {
      result: code === 0 ? "succeeded" : "failed",
      exit_code: code,
      exit_signal: null,
      reason: null,
    },
    usage: { max_rss_bytes: 4096, cpu_ms: 12 },
  };
}

export const TASKS: readonly TaskRecord[] = [
  taskRecord({ name: "daemon", cmd: "sleep 600", type: "daemon", replica: 2, interval: 1 }, "running"),
  taskRecord({ name: "stopped", cmd: "sleep 600", type: "daemon" }, "stopped"),
  taskRecord({ name: "schedule", cmd: "true", type: "cron", cron: "0 0 1 1 *" }, "enabled"),
  taskRecord({ name: "done", cmd: "exit 3", type: "once", deps: ["stopped"] }, "running"),
  taskRecord({ name: "cut-off", cmd: "sleep 600", type: "once" }, "running"),
];

/** What the fixture of a version holds: what it did not know yet is nothing. */
export function tasksOfVersion(version: number): TaskRecord[] {
  if (version < 2) return [...TASKS];
  const more = { scheduledAt: THEN - 60_000, set: "jobs" };
  return TASKS.map((record) => (record.task.name === "schedule" ? { ...record, ...more } : record));
}

const PROCESS = { pid: 4_000_000, started: "123456", boot: "00000000-0000-4000-8000-000000000000" };

export const RUNS: readonly RunRecord[] = [
  { ...runStart(1, "stopped"), process: PROCESS, end: runEnd(1) },
  { ...runStart(2, "done"), process: PROCESS, end: runEnd(2, 3) },
  { ...runStart(3, "schedule", { trigger: "schedule", scheduledFor: THEN }), process: null, end: runEnd(3) },
  { ...runStart(4, "daemon"), process: PROCESS, end: null },
  { ...runStart(5, "daemon", { index: 1, alias: "daemon:1" }), process: null, end: null },
  { ...runStart(6, "cut-off"), process: PROCESS, end: null },
];

export function write(store: SqliteStore, { process, end, ...start }: RunRecord): void {
  store.runStarting(start);
  if (process !== null) store.runSpawned(start.run, process);
  if (end !== null) store.runEnded(start.run, end);
}

if (import.meta.main) {
  const database = openDatabase(join(import.meta.dir, `../fixtures/store/v${VERSION}.db`));
  const tell = (text: string) => void process.stderr.write(`${text}\n`);
  const store = new SqliteStore({ database, onTrouble: tell, onRecovery: () => undefined, onRefusal: tell });
  store.meta("service", () => "01a20398-5f07-7566-adee-cc76a7cb3381");
  for (const task of tasksOfVersion(VERSION)) store.saveTask(task);
  for (const run of RUNS) write(store, run);
  store.addFact({ id: 1, time: new Date(THEN).toISOString(), kind: "task.created", task: "daemon" });
  database.run("PRAGMA wal_checkpoint(TRUNCATE)");
  store.close();
}
