/** Faults 3, 6 and 7: the data directory is somebody else's, full, or read-only. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, setDefaultTimeout, test } from "bun:test";
import { apiClient } from "../helpers/api-client.ts";
import { whenDone } from "../helpers/cleanup.ts";
import { executable } from "../helpers/executable.ts";
import { fifoPlacesOf } from "../helpers/fifos.ts";
import { makeGate } from "../helpers/gate.ts";
import { legacyClient } from "../helpers/legacy-client.ts";
import { isAlive, isRoot } from "../helpers/processes.ts";
import { type Service, startService } from "../helpers/service.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import { until } from "../helpers/until.ts";
import { captured, crash, inState, nextService, runsOf, withDatabase } from "./after-a-kill.ts";

setDefaultTimeout(30_000);

/** Starts a service that cannot; in a mount namespace after `mounts`. */
function startInVain(dataDir: string, mounts = ":"): { code: number; stdout: string; stderr: string } {
  const prefix = mounts === ":" ? [] : ["unshare", "-m", "sh", "-c", `${mounts} && exec "$@"`, "sh"];
  const command = [...prefix, ...executable(), "--port", "0", "--data-dir", dataDir];
  const { exitCode, stdout, stderr } = Bun.spawnSync(command, {
    env: { PATH: process.env["PATH"] ?? "", HOME: dataDir },
    timeout: 10_000,
  });
  return { code: exitCode, stdout: stdout.toString(), stderr: stderr.toString() };
}

test("a second service says which pid holds the data directory, ends with 1 and harms nothing", async () => {
  const first = await startService();
  const gate = makeGate(first.folder);
  const cmd = `echo before; ${gate.wait}; echo after; sleep 600`;
  await legacyClient(first.url).post({ name: "d", cmd, type: "daemon" });
  const { pid } = await inState(first, "d", "running");
  await until(() => captured(first, "d:0").length === 1, "it is heard");
  const lock = readFileSync(join(first.dataDir, "meproc.lock"), "utf8");
  const said = `meproc: ${first.dataDir}: a meproc is running on this data directory, pid ${first.pid}; stop it, or choose another --data-dir\n`;
  for (let n = 0; n < 2; n++)
    expect(startInVain(first.dataDir)).toEqual({ code: 1, stdout: "", stderr: said });
  expect(readFileSync(join(first.dataDir, "meproc.lock"), "utf8")).toBe(lock);
  gate.pass(1);
  await until(() => captured(first, "d:0").length === 2, "it is heard still");
  expect((await inState(first, "d", "running")).pid).toBe(pid);
  expect(await runsOf(first, "d")).toHaveLength(1);
  await first.stop();
  const next = await nextService(first);
  await inState(next, "d", "running");
});

test("of two that start at once, one serves and the other ends with 1", async () => {
  const folder = temporaryFolder();
  const starts = [startService({ folder }), startService({ folder })];
  const [one, other] = await Promise.allSettled(starts);
  const refused = [one, other].filter((each) => each?.status === "rejected");
  expect(refused).toHaveLength(1);
  expect(String(refused[0]?.reason)).toContain("The service ended with 1: ");
  expect(String(refused[0]?.reason)).toContain("a meproc is running on this data directory, pid ");
});

interface Small {
  readonly service: Service;
  /** Takes all the room that the file system of the data directory has left. */
  readonly fill: () => void;
  readonly makeRoom: () => void;
}

/** A service whose data directory is a small file system of its own; its logs are not in it. */
async function onSmallDisk(): Promise<Small> {
  const folder = temporaryFolder();
  const [data, logs] = [join(folder, "data"), join(folder, "logs")];
  mkdirSync(join(data, "log"), { recursive: true });
  mkdirSync(logs);
  const mounts = [
    `mount --bind ${data}/log ${logs}`,
    `mount -t tmpfs -o size=1m,mode=700 none ${data}`,
    `mkdir ${data}/log`,
    `mount --bind ${logs} ${data}/log`,
  ].join(" && ");
  const prefix = ["unshare", "-m", "sh", "-c", `${mounts} && exec "$@"`, "sh"];
  const service = await startService({ folder, prefix });
  const filler = join(`/proc/${service.pid}/root`, data, "filler");
  return {
    service,
    fill: () => {
      // dd ends with an error when nothing more goes in
      Bun.spawnSync(["dd", "if=/dev/zero", `of=${filler}`, "bs=4096", "oflag=append", "conv=notrunc"]);
    },
    makeRoom: () => rmSync(filler),
  };
}

async function troubleOf({ url }: Service): Promise<string | null> {
  const system = (await (await fetch(`${url}/api/v1/system`)).json()) as { store_trouble: string | null };
  return system.store_trouble;
}

test.skipIf(!isRoot)(
  "a full disk stops nothing, is told, and is made up for when there is room again",
  async () => {
    const { service, fill, makeRoom } = await onSmallDisk();
    const { post, put, remove } = legacyClient(service.url);
    await post({ name: "before", cmd: "sleep 600", type: "daemon" });
    await inState(service, "before", "running");
    expect(await troubleOf(service)).toBeNull();
    fill();
    let made = 0;
    await until(async () => {
      await post({ name: `during${made}`, cmd: "exit 7", type: "once", deps: [] });
      await inState(service, `during${made++}`, "exited");
      return (await troubleOf(service)) !== null;
    }, "there is no room for more");
    expect(await troubleOf(service)).toContain("full");
    expect(service.log()).toContain("The database cannot be written: ");
    expect((await put("before")).status).toBe(200);
    const { pid } = await inState(service, "before", "running");
    expect((await remove("during0")).status).toBe(200);
    await post({ name: "stopped", cmd: "sleep 600", type: "daemon" });
    expect((await apiClient(service.url).post("/tasks/stopped/stop")).status).toBe(200);
    makeRoom();
    await until(async () => (await troubleOf(service)) === null, "all has been written");
    expect(service.log()).toContain("The database can be written again");
    for (let n = 0; n < made; n++)
      expect((await runsOf(service, `during${n}`)).map((run) => [run.result, run.exit_code])).toEqual([
        ["failed", 7],
      ]);
    expect((await runsOf(service, "before")).map((run) => [run.result, run.pid === pid])).toEqual([
      [null, true],
      ["stopped", false],
    ]);
    const [tasks, facts] = withDatabase(copyOf(service), (database) => [
      database.query<{ name: string; desired: string }, []>("SELECT name, desired FROM tasks").all(),
      database.query<{ id: number }, []>("SELECT id FROM facts ORDER BY id").all(),
    ]);
    expect(tasks.map(({ name }) => name)).not.toContain("during0");
    expect(tasks.find(({ name }) => name === "stopped")?.desired).toBe("stopped");
    expect(facts.map(({ id }) => id)).toEqual(facts.map((_, n) => n + 1));
    // of several lines about it, one says that it began
    expect(service.log().match(/The database cannot be written/g)).toHaveLength(1);
  },
);

/** A copy of the database, which lies where only the service sees it. */
function copyOf({ pid, dataDir, folder }: Service): { dataDir: string } {
  const copy = join(folder, "copy");
  mkdirSync(copy);
  Bun.spawnSync(["sh", "-c", `cp /proc/${pid}/root${dataDir}/meproc.db* ${copy}`]);
  return { dataDir: copy };
}

test.skipIf(!isRoot)(
  "a service that is killed while the disk is full is followed by one that takes over all the same",
  async () => {
    const { service, fill } = await onSmallDisk();
    const { post } = legacyClient(service.url);
    const gate = makeGate(service.folder);
    await post({ name: "noted", cmd: `${gate.wait}; echo heard; sleep 600`, type: "daemon" });
    const noted = await inState(service, "noted", "running");
    fill();
    let made = 0;
    await until(async () => {
      await post({ name: `filler${made}`, cmd: "exit 7", type: "once" });
      await inState(service, `filler${made++}`, "exited");
      return (await troubleOf(service)) !== null;
    }, "there is no room for more");
    // its end and the run after it are in no database
    expect((await legacyClient(service.url).put("noted")).status).toBe(200);
    const unnoted = await inState(service, "noted", "running");
    expect(unnoted.pid).not.toBe(noted.pid);
    await crash(service);
    const prefix = ["nsenter", "-t", String(unnoted.pid), "-m"];
    const next = await startService({ folder: service.folder, prefix });
    expect((await inState(next, "noted", "running")).pid).toBe(unnoted.pid);
    gate.pass(1);
    await until(() => captured(next, "noted:0").length === 1, "it is heard");
    expect(await next.stop()).toBe(0);
    expect(next.descendants()).toEqual([]);
  },
);

test.skipIf(!isRoot)("without room at the start it says so and ends with 1", () => {
  const folder = temporaryFolder();
  const mounts = `mount -t tmpfs -o size=16k,mode=700 none ${folder} && dd if=/dev/zero of=${folder}/filler 2>/dev/null; :`;
  const { code, stderr } = startInVain(folder, `{ ${mounts}; }`);
  expect(stderr).toMatch(/^meproc: .*(no space left|full).*\n$/);
  expect(code).toBe(1);
});

test.skipIf(!isRoot).each([
  ["a new one", ":"],
  ["one that was used before", `mkdir -p $D/run $D/log && : > $D/meproc.lock && : > $D/meproc.db`],
])("a read-only data directory, %s, is refused in one line, with 1", (_what, prepare) => {
  const folder = temporaryFolder();
  Bun.spawnSync(["sh", "-c", prepare], { env: { ...process.env, D: folder } });
  const { code, stderr } = startInVain(folder, `mount --bind -o ro ${folder} ${folder}`);
  expect(stderr).toMatch(/^meproc: \S+: .*the file system is read-only \(EROFS\)\n$/);
  expect(code).toBe(1);
});

/** Makes files unchangeable, also through descriptors that are open; false where that is not to be had. */
function freeze(paths: readonly string[]): boolean {
  whenDone(() => thaw(paths));
  return Bun.spawnSync(["chattr", "+i", ...paths]).exitCode === 0;
}

function thaw(paths: readonly string[]): void {
  Bun.spawnSync(["chattr", "-i", ...paths]);
}

/** The file system of the temporary folders knows unchangeable files. */
function canFreeze(): boolean {
  const probe = join("/tmp", `meproc-probe-${process.pid}`);
  writeFileSync(probe, "");
  const frozen = Bun.spawnSync(["chattr", "+i", probe]).exitCode === 0;
  Bun.spawnSync(["chattr", "-i", probe]);
  rmSync(probe);
  return frozen;
}

test.skipIf(!isRoot || !canFreeze())(
  "a data directory that becomes read-only under it stops nothing that runs",
  async () => {
    const service = await startService();
    const gate = makeGate(service.folder);
    const { post, task } = legacyClient(service.url);
    await post({ name: "runs", cmd: `${gate.wait}; exit 5`, type: "once" });
    await post({ name: "stays", cmd: "sleep 600", type: "daemon" });
    const { pid } = await inState(service, "stays", "running");
    await inState(service, "runs", "running");
    const database = join(service.dataDir, "meproc.db");
    const inMemory = fifoPlacesOf(service.dataDir).length > 1;
    const paths = [database, `${database}-wal`, join(service.dataDir, "run"), service.dataDir];
    expect(freeze(paths)).toBe(true);
    gate.pass(1);
    expect((await inState(service, "runs", "exited")).exit_code).toBe(5);
    await until(async () => (await troubleOf(service)) !== null, "it is told");
    // a new process needs a place for its FIFOs: without one it is not started, and the reason is said
    await post({ name: "new", cmd: "true", type: "once" });
    if (inMemory) await inState(service, "new", "exited");
    else expect((await inState(service, "new", "failed")).reason).toContain("no room for its output");
    expect((await inState(service, "stays", "running")).pid).toBe(pid);
    expect((await apiClient(service.url).post("/tasks/stays/stop")).status).toBe(200);
    expect(isAlive(pid ?? 0)).toBe(false);
    thaw(paths);
    await until(async () => (await troubleOf(service)) === null, "all has been written");
    expect((await runsOf(service, "runs")).map((run) => run.exit_code)).toEqual([5]);
    expect((await runsOf(service, "stays")).map((run) => run.result)).toEqual(["stopped"]);
    await legacyClient(service.url).put("new");
    await until(async () => (await task("new")).run_flag === false, "it has run");
    await inState(service, "new", "exited");
  },
);
