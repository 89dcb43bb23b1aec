/** What rooms keep in the store. */
import { join } from "node:path";
import { expect, test } from "bun:test";
import { openDatabase } from "../../src/store/database.ts";
import { SqliteStore } from "../../src/store/sqlite-store.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import { THEN } from "./fixture.ts";

function open(path: string) {
  const database = openDatabase(path);
  const told: string[] = [];
  const store = new SqliteStore({
    database,
    onTrouble: (reason) => told.push(reason),
    onRecovery: () => undefined,
    onRefusal: (what) => told.push(what),
  });
  return { store, database, told };
}

test("keepsakes are there for the next service, by room and in the order of their keys", () => {
  const path = join(temporaryFolder(), "meproc.db");
  const first = open(path);
  first.store.keep("a", "2", "two");
  first.store.keep("a", "1", "old");
  first.store.keep("a", "1", "one");
  first.store.keep("a", "3", "three");
  first.store.keep("b", "1", "other");
  expect(first.store.kept("a").length).toBe(3);
  first.store.keep("a", "3", null);
  first.store.keep("a", "never", "x");
  first.store.keep("a", "never", null);
  first.store.close();
  const next = open(path);
  expect(next.store.kept("a")).toEqual([
    ["1", "one"],
    ["2", "two"],
  ]);
  expect(next.store.kept("b")).toEqual([["1", "other"]]);
  next.store.close();
});

test("what is kept of a fact is on disk with it or not at all", () => {
  const path = join(temporaryFolder(), "meproc.db");
  const { store, database, told } = open(path);
  database.run("PRAGMA query_only = ON");
  store.keep("a", "1", "one");
  store.addFact({ id: 1, time: new Date(THEN).toISOString(), kind: "task.created", task: "web" });
  store.flush();
  expect(told.length).toBe(1);
  expect(store.kept("a")).toEqual([]);
  database.run("PRAGMA query_only = OFF");
  store.close();
  const next = open(path);
  expect(next.store.kept("a")).toEqual([["1", "one"]]);
  expect(next.store.facts({ limit: 5 }).length).toBe(1);
  next.store.close();
});
