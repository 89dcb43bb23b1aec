/** The thread that moves the log into the database, for real. */
import { cpSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "bun:test";
import { whenDone } from "../helpers/cleanup.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import { Checkpoints } from "../../src/store/checkpoints.ts";
import { openDatabase } from "../../src/store/database.ts";
import { SqliteStore } from "../../src/store/sqlite-store.ts";
import { runStart, taskRecord } from "./fixture.ts";

const THREAD = new URL("../../src/store/checkpoint-thread.ts", import.meta.url);

function openStore() {
  const path = join(temporaryFolder(), "meproc.db");
  const told: string[] = [];
  const tell = (text: string) => void told.push(text);
  const checkpoints = new Checkpoints({ path, thread: THREAD, onTrouble: tell });
  const database = openDatabase(path);
  // nothing of what is seen here is SQLite's own doing
  database.run("PRAGMA wal_autocheckpoint = 0");
  const store = new SqliteStore({
    database,
    checkpoints,
    onTrouble: tell,
    onRecovery: () => undefined,
    onRefusal: tell,
  });
  whenDone(() => store.close());
  /** What the file itself holds, without the log beside it. */
  const moved = (): number => {
    const copy = join(temporaryFolder(), "copy.db");
    cpSync(path, copy);
    const opened = openDatabase(copy);
    const { n } = opened.query<{ n: number }, []>("SELECT count(*) AS n FROM runs").get() ?? { n: -1 };
    opened.close();
    return n;
  };
  return { store, checkpoints, moved, told };
}

function writeRuns({ store }: ReturnType<typeof openStore>, from: number, to: number): void {
  for (let n = from; n <= to; n++) store.runStarting(runStart(n, "t"));
  store.flush();
}

const limits = { maxRunsPerTask: 100_000, before: 0, batch: 100 };

test("a long log is moved into the database, and again when it has become long again", async () => {
  const opened = openStore();
  writeRuns(opened, 1, 1999);
  await opened.checkpoints.close();
  const before = opened.moved();
  writeRuns(opened, 2000, 2000);
  await opened.checkpoints.close();
  expect([before, opened.moved()]).toEqual([0, 2000]);
  writeRuns(opened, 2001, 4000);
  await opened.checkpoints.close();
  expect(opened.moved()).toBe(4000);
  expect(opened.told).toEqual([]);
});

test("a short one is moved with the hourly look, if anything has been written", async () => {
  const opened = openStore();
  writeRuns(opened, 1, 3);
  opened.store.prune(limits);
  await opened.checkpoints.close();
  expect(opened.moved()).toBe(3);
  opened.checkpoints.begin();
  // there is no thread to wait for
  expect(await Promise.race([opened.checkpoints.close(), "later"])).toBeUndefined();
});

test("what keeps the thread from it is told, and it is tried again", async () => {
  const told: string[] = [];
  const path = join(temporaryFolder(), "missing", "meproc.db");
  const checkpoints = new Checkpoints({ path, thread: THREAD, onTrouble: (reason) => told.push(reason) });
  for (const count of [1, 2]) {
    checkpoints.written(2000);
    await checkpoints.close();
    expect(told).toHaveLength(count);
  }
  expect(told[0]).toContain("unable to open");
});

test("the store writes on while the thread is at it", async () => {
  const opened = openStore();
  writeRuns(opened, 1, 2000);
  opened.store.saveTask(taskRecord({ name: "meanwhile", cmd: "true", type: "once" }, "running"));
  opened.store.flush();
  expect(opened.store.tasks()).toHaveLength(1);
  await opened.checkpoints.close();
  expect(opened.told).toEqual([]);
});
