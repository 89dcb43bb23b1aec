/** The store by itself, on a database in a folder of the test. */
import type { Database } from "bun:sqlite";
import { cpSync, existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, jest, test } from "bun:test";
import { whenDone } from "../helpers/cleanup.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import { StoreError, checkDatabase, openDatabase } from "../../src/store/database.ts";
import { MIGRATIONS, VERSION } from "../../src/store/migrations.ts";
import { keepPruned } from "../../src/store/pruning.ts";
import { SqliteStore } from "../../src/store/sqlite-store.ts";
import type { Lost } from "../../src/store/write.ts";
import type { TaskRecord } from "../../src/domain/history.ts";
import type { FactQuery } from "../../src/domain/ports.ts";
import { FakeClock } from "../fakes/clock.ts";
import { RUNS, THEN, runEnd, runId, runStart, taskRecord, tasksOfVersion, write } from "./fixture.ts";

const FIXTURES = join(import.meta.dir, "../fixtures/store");
const DAY_MS = 86_400_000;

interface Opened {
  readonly store: SqliteStore;
  readonly database: Database;
  readonly path: string;
  /** What was told of trouble, in order; `null` that it is over. */
  readonly told: (string | null)[];
  readonly lost: Lost[];
  readonly refused: string[];
}

function openStore(path = join(temporaryFolder(), "meproc.db")): Opened {
  const told: (string | null)[] = [];
  const lost: Lost[] = [];
  const refused: string[] = [];
  const database = openDatabase(path);
  const store = new SqliteStore({
    database,
    onTrouble: (reason) => told.push(reason),
    onRecovery: (given) => {
      told.push(null);
      lost.push(given);
    },
    onRefusal: (what, reason) => refused.push(`${what}: ${reason}`),
  });
  whenDone(() => store.close());
  return { store, database, path, told, lost, refused };
}

const once = (name: string) => taskRecord({ name, cmd: "true", type: "once" }, "running");
/** The tasks in the database, with all that may wait for the end of the turn. */
function tasksOf(store: SqliteStore): TaskRecord[] {
  store.flush();
  return store.tasks();
}

const names = (store: SqliteStore) => tasksOf(store).map(({ task }) => task.name);

describe("the shape of the database", () => {
  test("a new one has the newest version, and is for its owner alone", () => {
    const { database, path } = openStore();
    expect(database.query("PRAGMA user_version").get()).toEqual({ user_version: VERSION });
    expect(database.query("PRAGMA journal_mode").get()).toEqual({ journal_mode: "wal" });
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test("there is a fixture of every version", () => {
    const versions = MIGRATIONS.map((_, index) => `v${index + 1}.db`);
    expect(readdirSync(FIXTURES).sort()).toEqual(versions.sort());
  });

  test.each(MIGRATIONS.map((_, index) => [index + 1]))(
    "a database of version %i loads with all it holds",
    (version) => {
      const path = join(temporaryFolder(), "meproc.db");
      cpSync(join(FIXTURES, `v${version}.db`), path);
      const { store, database } = openStore(path);
      expect(database.query("PRAGMA user_version").get()).toEqual({ user_version: VERSION });
      expect(store.tasks()).toEqual(tasksOfVersion(version));
      expect(RUNS.map(({ run }) => store.run(run))).toEqual([...RUNS]);
      expect(store.openRuns().map(({ run }) => run)).toEqual([4, 5, 6].map(runId));
      expect(store.lastRuns("done", 0).map(({ run }) => run)).toEqual([runId(2)]);
      expect(store.meta("service", () => "another")).toBe("01a20398-5f07-7566-adee-cc76a7cb3381");
      expect(store.lastFactId()).toBe(1);
    },
  );

  test("looking at one changes nothing and makes none", () => {
    const folder = temporaryFolder();
    checkDatabase(join(folder, "meproc.db"));
    expect(existsSync(join(folder, "meproc.db"))).toBe(false);
    expect(() => openDatabase(join(folder, "missing", "meproc.db"))).toThrow(StoreError);
  });

  test("a step that fails leaves the version as it was", () => {
    const { database, path } = openStore();
    database.run("PRAGMA user_version = 0");
    expect(() => openDatabase(path)).toThrow(StoreError);
    expect(database.query("PRAGMA user_version").get()).toEqual({ user_version: 0 });
  });
});

describe("what is written is read back", () => {
  test("tasks keep their order, the newest words count, a removed one is gone", () => {
    const { store } = openStore();
    for (const name of ["c", "a", "b"]) store.saveTask(once(name));
    store.saveTask({ ...once("c"), revision: 2, desired: "stopped" });
    store.removeTask("a");
    expect(tasksOf(store).map(({ task, revision, desired }) => [task.name, revision, desired])).toEqual([
      ["c", 2, "stopped"],
      ["b", 1, "running"],
    ]);
  });

  test("a task's set and the time of its schedule that was dealt with", () => {
    const { store } = openStore();
    store.saveTask(once("a"));
    store.saveTask({ ...once("a"), scheduledAt: THEN, set: "shop" });
    expect(tasksOf(store)).toEqual([{ ...once("a"), scheduledAt: THEN, set: "shop" }]);
  });

  test("facts: of all or of one task, after one of them, the oldest or the newest", () => {
    const { store } = openStore();
    const time = new Date(THEN).toISOString();
    for (let id = 1; id <= 6; id++)
      store.addFact({
        id,
        time,
        kind: "task.changed",
        task: id % 2 === 0 ? "a" : "b",
        revision: id,
        fields: ["cmd"],
        actor: "api",
      });
    const ids = (query: Partial<FactQuery>) => store.facts({ limit: 10, ...query }).map(({ id }) => id);
    expect(ids({})).toEqual([1, 2, 3, 4, 5, 6]);
    expect(ids({ after: 4 })).toEqual([5, 6]);
    expect(ids({ task: "a", limit: 2 })).toEqual([2, 4]);
    expect(ids({ task: "a", limit: 2, newest: true })).toEqual([4, 6]);
    expect(store.facts({ after: 5, limit: 1 })).toEqual([
      { id: 6, time, kind: "task.changed", task: "a", revision: 6, fields: ["cmd"], actor: "api" },
    ]);
  });

  test("every write may be repeated", () => {
    const { store } = openStore();
    for (const run of RUNS) {
      write(store, run);
      write(store, run);
    }
    store.flush();
    expect(RUNS.map(({ run }) => store.run(run))).toEqual([...RUNS]);
  });

  test("of each instance the last ended run is told", () => {
    const { store } = openStore();
    for (let n = 1; n <= 6; n++) {
      const index = n % 2;
      write(store, {
        ...runStart(n, "t", { index, alias: `t:${index}` }),
        process: null,
        end: n > 4 ? null : runEnd(n),
      });
    }
    expect(
      store
        .lastRuns("t", 0)
        .map(({ run, index }) => [run, index])
        .sort(),
    ).toEqual([
      [runId(3), 1],
      [runId(4), 0],
    ]);
    expect(store.lastRuns("nobody", 0)).toEqual([]);
  });
});

describe("a write that fails", () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  /** The store tries again by itself after a while. */
  const later = () => jest.advanceTimersByTime(2000);

  /** From here on writing fails, or works again. */
  function fails({ store, database }: Opened, fail: boolean): void {
    if (fail) store.flush();
    database.run(`PRAGMA query_only = ${fail ? "ON" : "OFF"}`);
  }

  test("is told once, made up for in order, and told to be over", () => {
    const opened = openStore();
    const { store, told } = opened;
    store.saveTask(once("before"));
    fails(opened, true);
    store.saveTask(once("a"));
    write(store, RUNS[1] ?? expect.unreachable());
    store.removeTask("a");
    store.saveTask({ ...once("a"), revision: 7 });
    store.saveTask(once("z"));
    store.removeTask("before");
    expect(names(store)).toEqual(["before"]);
    expect(told).toHaveLength(1);
    expect(told[0]).not.toBeNull();
    fails(opened, false);
    store.saveTask(once("last"));
    later();
    const tasks = tasksOf(store);
    expect(told).toEqual([told[0] ?? "", null]);
    expect(tasks.map(({ task, revision }) => [task.name, revision])).toEqual([
      ["a", 7],
      ["z", 1],
      ["last", 1],
    ]);
    expect(store.run(runId(2))).toEqual(RUNS[1] ?? null);
  });

  test.each([[1], [3]])("%i of them are made up for after a while without another", (count) => {
    const opened = openStore();
    const { store, told } = opened;
    fails(opened, true);
    for (let n = 0; n < count; n++) store.saveTask(once(`t${n}`));
    store.flush();
    jest.advanceTimersByTime(5000);
    expect(told).toHaveLength(1);
    expect(store.tasks()).toEqual([]);
    fails(opened, false);
    jest.advanceTimersByTime(1000);
    expect(store.tasks()).toHaveLength(count);
    expect(told.slice(1)).toEqual([null]);
  });

  test("trouble that comes again is told again", () => {
    const opened = openStore();
    const { store, told } = opened;
    for (const round of [1, 2]) {
      fails(opened, true);
      store.saveTask(once(`t${round}`));
      store.flush();
      fails(opened, false);
      later();
    }
    expect(told.map((reason) => reason === null)).toEqual([false, true, false, true]);
  });

  test("is made up for when the store is closed", () => {
    const opened = openStore();
    const { store, path } = opened;
    fails(opened, true);
    store.saveTask(once("late"));
    fails(opened, false);
    store.close();
    expect(names(openStore(path).store)).toEqual(["late"]);
  });

  test("a full disk costs the oldest facts, counted, and no task", () => {
    const opened = openStore();
    const { store, database, lost } = opened;
    fails(opened, true);
    store.saveTask(once("kept"));
    for (let id = 1; id <= 10_050; id++)
      store.addFact({ id, time: new Date(THEN).toISOString(), kind: "task.created", task: "kept" });
    write(store, RUNS[1] ?? expect.unreachable());
    fails(opened, false);
    store.saveTask(once("last"));
    later();
    expect(names(store)).toEqual(["kept", "last"]);
    expect(store.run(runId(2))).toEqual(RUNS[1] ?? null);
    const facts = database.query<{ id: number }, []>("SELECT id FROM facts ORDER BY id").all();
    expect([facts.length, facts[0]?.id, facts.at(-1)?.id]).toEqual([10_000, 51, 10_050]);
    expect(lost).toEqual([{ facts: 50, runs: 0 }]);
  }, 60_000);

  test("a full disk costs the oldest ended runs, counted, but not the last one of an instance", () => {
    const opened = openStore();
    const { store, lost } = opened;
    write(store, { ...runStart(1, "looping"), process: null, end: null });
    fails(opened, true);
    store.runEnded(runId(1), runEnd(1));
    for (const [n, task] of [
      [2, "done"],
      [3, "gone"],
    ] as const)
      write(store, { ...runStart(n, task), process: null, end: runEnd(n, 3) });
    store.removeTask("gone");
    write(store, { ...runStart(4, "alive"), process: null, end: null });
    for (let n = 5; n <= 12_004; n++)
      write(store, { ...runStart(n, "looping"), process: null, end: runEnd(n) });
    fails(opened, false);
    later();
    const looping = store.runs({ task: "looping", limit: 20_000 }).items.map(({ run }) => run);
    expect([looping.length, looping[0], looping.at(-2), looping.at(-1)]).toEqual([
      10_002,
      runId(12_004),
      runId(2_004),
      runId(1),
    ]);
    expect(store.run(runId(1))?.end).toEqual(runEnd(1));
    expect(store.run(runId(2))?.end).toEqual(runEnd(2, 3));
    expect(store.run(runId(3))).toBeNull();
    expect(store.run(runId(4))?.end).toBeNull();
    expect(lost).toEqual([{ facts: 0, runs: 2000 }]);
  }, 60_000);

  test("a run that was forgotten meanwhile never was, a task that came and went neither", () => {
    const opened = openStore();
    const { store, database } = opened;
    fails(opened, true);
    store.runStarting(runStart(1, "a"));
    store.forgetRun(runId(1));
    for (let n = 0; n < 100; n++) {
      store.saveTask(once(`t${n}`));
      store.removeTask(`t${n}`);
    }
    fails(opened, false);
    const before = database.query<{ n: number }, []>("SELECT total_changes() AS n").get()?.n;
    later();
    expect(store.run(runId(1))).toBeNull();
    expect(names(store)).toEqual([]);
    expect(database.query<{ n: number }, []>("SELECT total_changes() AS n").get()?.n).toBe(before ?? -1);
  });
});

describe("a write that SQLite will never take", () => {
  const secret = { ...once("bad"), createdAt: 1.5 };

  test("is told without its values and left out; what comes with it and after it is written", () => {
    const { store, told, refused } = openStore();
    store.saveTask(secret);
    store.saveTask(once("good"));
    expect(names(store)).toEqual(["good"]);
    store.saveTask(once("later"));
    expect(names(store)).toEqual(["good", "later"]);
    expect(refused).toEqual(["task bad: cannot store REAL value in INTEGER column tasks.created_at"]);
    expect(told).toEqual([]);
  });

  test("names the run, be it new or known, and the event", () => {
    const { store, refused } = openStore();
    store.runStarting({ ...runStart(1, "a"), startedAt: Number.NaN });
    store.runStarting(runStart(2, "b"));
    store.flush();
    store.runEnded(runId(2), { ...runEnd(2), durationMs: 0.5 });
    store.addFact({ id: 1, time: "no time", kind: "task.created", task: "c" });
    store.flush();
    expect(refused.map((text) => text.split(": ")[0])).toEqual([
      `run ${runId(1)} of a:0`,
      `run ${runId(2)} of b:0`,
      "event 1, task.created of task c",
    ]);
    expect(store.run(runId(2))?.end).toBeNull();
  });

  test("holds up nothing that has waited with it for a full disk", () => {
    jest.useFakeTimers();
    whenDone(() => void jest.useRealTimers());
    const { store, database, told, refused } = openStore();
    database.run("PRAGMA query_only = ON");
    store.saveTask(secret);
    store.saveTask(once("good"));
    store.flush();
    database.run("PRAGMA query_only = OFF");
    jest.advanceTimersByTime(2000);
    expect(names(store)).toEqual(["good"]);
    expect(refused).toHaveLength(1);
    expect(told).toEqual(["attempt to write a readonly database", null]);
  });
});

describe("what is old is removed", () => {
  const limits = { maxRunsPerTask: 3, before: 0, batch: 100 };
  const left = (store: SqliteStore, task: string) =>
    store.runs({ task, limit: 1000 }).items.map(({ run }) => Number(run.slice(-12)));

  function withRuns(count: number): Opened {
    const opened = openStore();
    opened.store.saveTask(once("t"));
    for (let n = 1; n <= count; n++)
      write(opened.store, { ...runStart(n, "t"), process: null, end: runEnd(n) });
    return opened;
  }

  test("by number for each task, the oldest first", () => {
    const { store } = withRuns(10);
    write(store, { ...runStart(11, "u"), process: null, end: runEnd(11) });
    expect(store.prune(limits)).toBe(false);
    expect(left(store, "t")).toEqual([10, 9, 8]);
    expect(left(store, "u")).toEqual([11]);
  });

  test("by age, facts as well", () => {
    const { store } = withRuns(10);
    for (let id = 1; id <= 10; id++)
      store.addFact({ id, time: new Date(THEN + id).toISOString(), kind: "task.created", task: "t" });
    store.prune({ ...limits, maxRunsPerTask: 100, before: THEN + 1000 + 6 });
    expect(left(store, "t")).toEqual([10, 9, 8, 7, 6]);
    expect(store.lastFactId()).toBe(0);
  });

  test("a batch at a time", () => {
    const { store } = withRuns(10);
    expect(store.prune({ ...limits, batch: 5 })).toBe(true);
    expect(left(store, "t")).toHaveLength(5);
    expect(store.prune({ ...limits, batch: 5 })).toBe(false);
    expect(left(store, "t")).toEqual([10, 9, 8]);
  });

  test("never a run that goes on, nor the last one of an instance of a task that is there", () => {
    const { store } = openStore();
    store.saveTask(taskRecord({ name: "t", cmd: "true", type: "once", replica: 5 }, "running"));
    for (let n = 1; n <= 10; n++) {
      const index = n % 5;
      const start = runStart(n, "t", { index, alias: `t:${index}` });
      write(store, { ...start, process: null, end: n === 1 ? null : runEnd(n) });
    }
    write(store, { ...runStart(11, "gone"), process: null, end: runEnd(11) });
    store.prune({ ...limits, before: THEN + DAY_MS });
    expect(left(store, "t")).toEqual([10, 9, 8, 7, 6, 1]);
    expect(left(store, "gone")).toEqual([]);
    store.removeTask("t");
    store.prune({ ...limits, before: THEN + DAY_MS });
    expect(left(store, "t")).toEqual([1]);
  });

  test("a database that cannot be written is no matter", () => {
    const { store, database, told } = withRuns(10);
    database.run("PRAGMA query_only = ON");
    expect(store.prune(limits)).toBe(false);
    database.run("PRAGMA query_only = OFF");
    expect(told).toEqual([]);
    expect(left(store, "t")).toHaveLength(10);
  });

  test("soon after the start, on while there is more, and once an hour", () => {
    const { store } = withRuns(1100);
    const clock = new FakeClock();
    const cancel = keepPruned(store, { maxRunsPerTask: 10, maxAgeDays: 36_500 }, clock);
    clock.advance(49);
    expect(left(store, "t")).toHaveLength(1000);
    clock.advance(1);
    expect(store.runs({ task: "t", limit: 2000 }).items).toHaveLength(600);
    clock.advance(50);
    clock.advance(50);
    expect(left(store, "t")).toHaveLength(10);
    write(store, { ...runStart(2000, "t"), process: null, end: runEnd(2000) });
    clock.advance(3_599_999);
    expect(left(store, "t")).toHaveLength(11);
    clock.advance(1);
    expect(left(store, "t")).toHaveLength(10);
    cancel();
    clock.advance(36_000_000);
  });
});
