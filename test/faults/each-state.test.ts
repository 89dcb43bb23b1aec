/** Fault 1: the service is killed with -9 in each state of an instance. */
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, setDefaultTimeout, test } from "bun:test";
import { apiClient } from "../helpers/api-client.ts";
import { makeGate } from "../helpers/gate.ts";
import { legacyClient } from "../helpers/legacy-client.ts";
import { linesOf } from "../helpers/lines.ts";
import { isAlive, isRoot } from "../helpers/processes.ts";
import { startService } from "../helpers/service.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import { until } from "../helpers/until.ts";
import { afterCrash, captured, crash, inState, nextService, runsOf } from "./after-a-kill.ts";

setDefaultTimeout(30_000);
const HOUR_MS = 3_600_000;
const NEW_YEAR = "0 0 1 1 *";

test("waiting: it waits on for its dependency, which was taken over, and starts when that ends", async () => {
  const first = await startService();
  const gate = makeGate(first.folder);
  await legacyClient(first.url).post({ name: "a", cmd: gate.wait, type: "once" });
  await legacyClient(first.url).post({ name: "b", cmd: "echo b", type: "once", deps: ["a"] });
  const { pid } = await inState(first, "a", "running");
  await inState(first, "b", "waiting");
  const second = await afterCrash(first);
  expect((await inState(second, "a", "running")).pid).toBe(pid);
  expect((await inState(second, "b", "waiting")).waiting_for).toEqual(["a"]);
  gate.pass(1);
  await inState(second, "b", "exited");
  expect((await runsOf(second, "b")).map(({ result }) => result)).toEqual(["succeeded"]);
  expect((await runsOf(second, "a")).map(({ result }) => result)).toEqual(["lost"]);
});

test("scheduled: it is on its schedule, and nothing has run", async () => {
  const first = await startService();
  await legacyClient(first.url).post({ name: "c", cmd: "echo ran", type: "cron", cron: NEW_YEAR });
  await inState(first, "c", "scheduled");
  const { next_run_at } = await apiClient(first.url).task("c");
  expect(next_run_at).not.toBeNull();
  const second = await afterCrash(first);
  await inState(second, "c", "scheduled");
  expect((await apiClient(second.url).task("c")).next_run_at).toBe(next_run_at);
  expect(await runsOf(second, "c")).toEqual([]);
});

/** A `getent` that stands still while there is a file named hold. */
function holdingGetent(folder: string): { path: string; hold: () => void; held: string } {
  const [bin, hold, held] = [join(folder, "bin"), join(folder, "hold"), join(folder, "held")];
  mkdirSync(bin);
  const real = Bun.which("getent");
  const gate = makeGate(folder);
  const script = `#!/bin/sh\nif [ -e ${hold} ]; then echo held >> ${held}; ${gate.wait}; fi\nexec ${real} "$@"\n`;
  writeFileSync(join(bin, "getent"), script);
  chmodSync(join(bin, "getent"), 0o755);
  return { path: `${bin}:${process.env["PATH"]}`, hold: () => writeFileSync(hold, ""), held };
}

test.skipIf(!isRoot)(
  "starting: what was never spawned is told as lost, and a daemon starts anew",
  async () => {
    const folder = temporaryFolder();
    const getent = holdingGetent(folder);
    const first = await startService({ folder, env: { PATH: getent.path } });
    const { post } = legacyClient(first.url);
    await post({ name: "o", cmd: "echo once", type: "once", user: "nobody" });
    await post({ name: "d", cmd: "echo daemon; sleep 600", type: "daemon", interval: 1, user: "nobody" });
    await inState(first, "o", "exited");
    await until(() => captured(first, "d:0").length === 1, "the daemon has written");
    getent.hold();
    for (const name of ["o", "d"])
      void legacyClient(first.url)
        .put(name)
        .catch(() => undefined);
    await inState(first, "o", "starting");
    await inState(first, "d", "starting");
    await until(() => linesOf(getent.held).length === 2, "both are being looked up");
    const second = await afterCrash(first);
    const once = await inState(second, "o", "exited");
    expect(once.reason).toBe("it ended while the service was not there to see how");
    expect((await runsOf(second, "o")).map(({ result }) => result)).toEqual(["lost", "succeeded"]);
    await inState(second, "d", "running");
    expect((await runsOf(second, "d")).map(({ result }) => result)).toEqual([null, "lost", "stopped"]);
    await until(() => captured(second, "d:0").length === 2, "the daemon has started once more");
    expect(captured(second, "o:0")).toEqual(["once"]);
  },
);

test("running: replicas keep their pids, are heard on without a gap, and can be stopped", async () => {
  const first = await startService();
  const gates = [makeGate(first.folder, "before"), makeGate(first.folder, "between"), makeGate(first.folder)];
  const cmd = gates.map(({ wait }, n) => `${wait}; echo ${n}`).join("; ");
  const pass = (gate: number) => gates[gate]?.pass(2);
  await legacyClient(first.url).post({ name: "r", cmd: `${cmd}; sleep 600`, type: "daemon", replica: 2 });
  const pids = [(await inState(first, "r", "running", 0)).pid, (await inState(first, "r", "running", 1)).pid];
  pass(0);
  await until(() => [0, 1].every((n) => captured(first, `r:${n}`).length === 1), "both are heard");
  await crash(first);
  // written while no service is there
  pass(1);
  const second = await nextService(first);
  pass(2);
  for (const index of [0, 1]) {
    const { pid, state, restarts } = await apiClient(second.url).instance("r", index);
    expect({ pid, state, restarts }).toEqual({ pid: pids[index] ?? null, state: "running", restarts: 0 });
    await until(() => captured(second, `r:${index}`).length === 3, "all is heard");
    expect(captured(second, `r:${index}`)).toEqual(["0", "1", "2"]);
  }
  await apiClient(second.url).post("/tasks/r/stop");
  expect(pids.filter((pid) => isAlive(pid ?? 0))).toEqual([]);
  expect((await runsOf(second, "r")).map(({ result }) => result)).toEqual(["stopped", "stopped"]);
});

test("backoff: it is started again, once", async () => {
  const first = await startService();
  const cmd = `if [ -e ${first.folder}/again ]; then echo up; sleep 600; fi; exit 1`;
  await legacyClient(first.url).post({ name: "d", cmd, type: "daemon", interval: HOUR_MS });
  await inState(first, "d", "backoff");
  writeFileSync(join(first.folder, "again"), "");
  const second = await afterCrash(first);
  await until(() => captured(second, "d:0").length === 1, "it is up");
  const runs = await runsOf(second, "d");
  expect(runs.map(({ result, trigger }) => [result, trigger])).toEqual([
    [null, "boot"],
    ["failed", "api"],
  ]);
});

test("stopping: the stop is finished, and what was stopped stays so", async () => {
  const first = await startService();
  const gate = makeGate(first.folder);
  const told = join(first.folder, "told");
  const ready = join(first.folder, "ready");
  const cmd = `bye() { echo >> ${told}; ${gate.wait}; exit 0; }; trap bye TERM; echo > ${ready}; while :; do sleep 0.01; done`;
  await legacyClient(first.url).post({ name: "d", cmd, type: "daemon", interval: 1 });
  await until(() => linesOf(ready).length === 1, "it is ready");
  const { pid } = await apiClient(first.url).instance("d");
  void apiClient(first.url)
    .post("/tasks/d/stop")
    .catch(() => undefined);
  await until(() => linesOf(told).length === 1, "it has been told to stop");
  const second = await afterCrash(first);
  expect((await inState(second, "d", "stopping")).pid).toBe(pid);
  gate.open();
  await inState(second, "d", "stopped");
  const third = await afterCrash(second);
  await inState(third, "d", "stopped");
  expect(await runsOf(third, "d")).toHaveLength(1);
});

test("exited: it stays so, with the code that is known of it", async () => {
  const first = await startService();
  await legacyClient(first.url).post({ name: "o", cmd: "exit 3", type: "once" });
  await inState(first, "o", "exited");
  const second = await afterCrash(first);
  const { exit_code, reason } = await inState(second, "o", "exited");
  expect({ exit_code, reason }).toEqual({ exit_code: 3, reason: "exit code 3" });
  expect(await runsOf(second, "o")).toHaveLength(1);
});

test("exited: a coroutine that had finished is not run again", async () => {
  const first = await startService();
  const script = join(first.folder, "script.ts");
  writeFileSync(script, "console.log('ran');");
  await legacyClient(first.url).post({ name: "c", cmd: script, type: "coroutine" });
  await inState(first, "c", "exited");
  const second = await afterCrash(first);
  await inState(second, "c", "exited");
  expect(await runsOf(second, "c")).toHaveLength(1);
  expect(captured(second, "c:0")).toEqual(["ran"]);
});

test("running: a coroutine ends with its service and is started anew", async () => {
  const first = await startService();
  const script = join(first.folder, "script.ts");
  writeFileSync(script, "console.log('ran'); await new Promise((done) => setTimeout(done, 600_000));");
  await legacyClient(first.url).post({ name: "c", cmd: script, type: "coroutine" });
  await until(() => captured(first, "c:0").length === 1, "it runs");
  const second = await afterCrash(first);
  await until(() => captured(second, "c:0").length === 2, "it runs again");
  expect((await runsOf(second, "c")).map(({ result }) => result)).toEqual([null, "lost"]);
});

test("failed: it is still failed, with its reason", async () => {
  const first = await startService();
  await legacyClient(first.url).post({ name: "long", cmd: `: ${"x".repeat(300_000)}`, type: "once" });
  const { reason } = await inState(first, "long", "failed");
  const second = await afterCrash(first);
  expect((await inState(second, "long", "failed")).reason).toBe(reason);
  expect(await runsOf(second, "long")).toHaveLength(1);
});
