/** Fault 30: a database that is not what it should be is refused with what to do, and left as it is. */
import { VERSION } from "../../src/store/migrations.ts";
import { Database } from "bun:sqlite";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, setDefaultTimeout, test } from "bun:test";
import { runToEnd } from "../helpers/executable.ts";
import { legacyClient } from "../helpers/legacy-client.ts";
import { startService } from "../helpers/service.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import { inState } from "./after-a-kill.ts";

setDefaultTimeout(30_000);
const FIXTURE = join(import.meta.dir, "../fixtures/store/v1.db");
const MOVE_AWAY =
  "the database is damaged; move it away (with its -wal and -shm) or restore a copy, then start again";

const hash = (path: string): string | null =>
  existsSync(path) ? createHash("sha256").update(readFileSync(path)).digest("hex") : null;

function overwrite(path: string, at: number, length: number): void {
  const bytes = readFileSync(path);
  bytes.fill(0xa5, at, at + length);
  writeFileSync(path, bytes);
}

const DAMAGES: readonly (readonly [what: string, damage: (path: string) => void, said: string])[] = [
  ["garbage", (path) => writeFileSync(path, "this is no database ".repeat(1000)), MOVE_AWAY],
  ["a few bytes", (path) => writeFileSync(path, "x"), MOVE_AWAY],
  ["one that was cut off", (path) => truncateSync(path, 12_345), MOVE_AWAY],
  ["one that was cut off between two pages", (path) => truncateSync(path, 8192), MOVE_AWAY],
  ["one with a page overwritten", (path) => overwrite(path, 4096, 4096), MOVE_AWAY],
  ["one with its schema overwritten", (path) => overwrite(path, 200, 3800), MOVE_AWAY],
  [
    "one of a newer meproc",
    (path) => {
      const database = new Database(path);
      database.run("PRAGMA user_version = 99");
      database.close();
    },
    `written by a newer meproc (version 99 of the database, this one knows ${VERSION}); use that meproc, or another --data-dir`,
  ],
];

test.each(DAMAGES)("%s is refused with 1 and not changed by a byte", (_what, damage, said) => {
  const folder = temporaryFolder();
  const path = join(folder, "meproc.db");
  cpSync(FIXTURE, path);
  damage(path);
  const before = hash(path);
  for (const _ of [1, 2]) {
    const { code, stdout, stderr } = runToEnd(["--port", "0", "--data-dir", folder]);
    expect({ code, stdout, stderr }).toEqual({ code: 1, stdout: "", stderr: `meproc: ${path}: ${said}\n` });
    expect(hash(path)).toBe(before);
  }
});

test("a newer one that was left with its log is not changed either", async () => {
  const first = await startService();
  await legacyClient(first.url).post({ name: "o", cmd: "true", type: "once" });
  await inState(first, "o", "exited");
  first.signal("SIGKILL");
  await first.exited;
  const path = join(first.dataDir, "meproc.db");
  const newer = new Database(path);
  newer.run("PRAGMA user_version = 99");
  // the log stays when its writer does not close the database
  const copy = join(first.folder, "copy");
  mkdirSync(copy);
  for (const end of ["", "-wal"]) cpSync(`${path}${end}`, join(copy, `meproc.db${end}`));
  newer.close();
  const files = ["", "-wal"].map((end) => join(copy, `meproc.db${end}`));
  const before = files.map(hash);
  const { code, stderr } = runToEnd(["--port", "0", "--data-dir", copy]);
  expect(stderr).toContain("written by a newer meproc");
  expect(code).toBe(1);
  expect(files.map(hash)).toEqual(before);
});

test("a folder in its place is refused in one line", () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "meproc.db"));
  const { code, stderr } = runToEnd(["--port", "0", "--data-dir", folder]);
  expect(stderr).toStartWith(`meproc: ${join(folder, "meproc.db")}: the database cannot be opened: `);
  expect(stderr.trimEnd().split("\n")).toHaveLength(1);
  expect(code).toBe(1);
});

test("the database of version 1 is loaded: its tasks come back with what is wanted of them", async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "data"));
  cpSync(FIXTURE, join(folder, "data", "meproc.db"));
  const service = await startService({ folder });
  const { list } = legacyClient(service.url);
  expect(Object.keys((await list()).tasks)).toEqual(["daemon", "stopped", "schedule", "done", "cut-off"]);
  await inState(service, "daemon", "running", 1);
  await inState(service, "stopped", "stopped");
  await inState(service, "schedule", "scheduled");
  expect((await inState(service, "done", "exited")).exit_code).toBe(3);
  expect((await inState(service, "cut-off", "exited")).reason).toContain("while the service was not there");
});
