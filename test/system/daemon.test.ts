import { expect, setDefaultTimeout, test } from "bun:test";
import { apiClient } from "../helpers/api-client.ts";
import { legacyClient } from "../helpers/legacy-client.ts";
import { isAlive } from "../helpers/processes.ts";
import { type Service, startService } from "../helpers/service.ts";
import { until } from "../helpers/until.ts";

setDefaultTimeout(20_000);

const pidOf = async (service: Service, name: string) =>
  until(async () => (await apiClient(service.url).instance(name)).pid, `${name} has a pid`);

/** The pid that came after `old` was killed. */
async function killed(service: Service, name: string, old: number): Promise<number> {
  process.kill(old, "SIGKILL");
  return until(async () => {
    const { pid } = await apiClient(service.url).instance(name);
    return pid !== old && pid;
  }, `${name} is back`);
}

test("a daemon that is killed is back, as another process", async () => {
  const service = await startService();
  await legacyClient(service.url).post({ name: "daemon", cmd: "sleep 600", type: "daemon", interval: 1 });
  let pid = await pidOf(service, "daemon");
  for (let round = 0; round < 5; round++) {
    const next = await killed(service, "daemon", pid);
    expect(isAlive(pid)).toBe(false);
    pid = next;
  }
  expect(await apiClient(service.url).instance("daemon")).toMatchObject({ state: "running", restarts: 5 });
  expect(service.log()).toContain("(daemon:0) ended: killed by SIGKILL");
  expect(service.log()).toContain("Process (daemon:0) starts again in 1 ms");
});

test("one replica that is killed leaves the others alone", async () => {
  const service = await startService();
  const { post, running } = legacyClient(service.url);
  await post({ name: "daemon", cmd: "sleep 600", type: "daemon", interval: 1, replica: 3 });
  const before = await until(async () => {
    const all = await running("daemon");
    return all.length === 3 && all;
  }, "all run");
  await killed(service, "daemon", Number(before[0]?.pid));
  const after = await running("daemon");
  expect(after.slice(1)).toEqual(before.slice(1));
});

test("between two runs it is in the list with the time of the next, and DELETE ends the pause", async () => {
  const service = await startService();
  const { post, remove, list } = legacyClient(service.url);
  const { instance } = apiClient(service.url);
  await post({ name: "pause", cmd: "exit 4", type: "daemon", interval: 3_600_000 });
  const paused = await until(async () => {
    const one = await instance("pause");
    return one.state === "backoff" && one;
  }, "it pauses");
  expect(paused).toMatchObject({ pid: null, exit_code: 4, reason: "exit code 4" });
  expect(Date.parse(paused.retry_at ?? "") - Date.parse(paused.since)).toBeWithin(3_599_000, 3_601_000);
  expect((await list()).tasks["pause"]).toMatchObject({ running: 0, run_flag: false });
  expect((await remove("pause")).status).toBe(200);
  expect((await list()).tasks).toEqual({});
});

test("PUT ends the pause too", async () => {
  const service = await startService();
  const { post, put } = legacyClient(service.url);
  const { instance } = apiClient(service.url);
  await post({ name: "pause", cmd: "exit 4", type: "daemon", interval: 3_600_000 });
  const first = await until(async () => {
    const one = await instance("pause");
    return one.state === "backoff" && one.run;
  }, "it pauses");
  expect((await put("pause")).status).toBe(200);
  await until(async () => {
    const one = await instance("pause");
    return one.state === "backoff" && one.run !== first;
  }, "it has run once more");
});

test("under /api/v1 a daemon without an interval is started again at once", async () => {
  const service = await startService();
  const { post } = apiClient(service.url);
  await post("/tasks", { name: "daemon", cmd: "sleep 600", type: "daemon" });
  await killed(service, "daemon", await pidOf(service, "daemon"));
  expect(service.log()).toContain("Process (daemon:0) starts again in 0 ms");
});
