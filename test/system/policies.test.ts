/** What ends, holds back and starts again a real process without anybody asking: time, health, files, restarts used up. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { apiClient } from "../helpers/api-client.ts";
import { startService } from "../helpers/service.ts";
import { until } from "../helpers/until.ts";

setDefaultTimeout(30_000);

interface RunView {
  readonly result: string | null;
  readonly trigger: string;
}

async function started() {
  const service = await startService();
  const client = apiClient(service.url);
  const define = async (definition: object): Promise<void> => {
    const response = await client.post("/tasks", definition);
    if (response.status !== 201) throw new Error(await response.text());
  };
  const runs = async (task: string): Promise<readonly RunView[]> => {
    const response = await fetch(`${service.url}/api/v1/runs?task=${task}`);
    return ((await response.json()) as { items: RunView[] }).items;
  };
  const inState = (name: string, state: string) =>
    until(async () => (await client.instance(name)).state === state, `${name} is ${state}`);
  return { service, ...client, define, runs, inState };
}

describe("a run is ended", () => {
  test("when its time is over, with all that it has started", async () => {
    const { service, define, runs, inState, instance } = await started();
    await define({ name: "t", cmd: "sleep 600 & sleep 600", type: "once", timeout_ms: 200 });
    await inState("t", "exited");
    expect((await runs("t"))[0]?.result).toBe("timeout");
    expect((await instance("t")).reason).toBe("it ran for longer than 200 ms");
    expect(service.descendants()).toEqual([]);
  });

  test("when its check says that it is unhealthy, and started again", async () => {
    const { service, define, runs, instance } = await started();
    const sick = join(service.folder, "sick");
    const health = { exec: `test ! -e ${sick}`, interval_ms: 20, retries: 2, on_unhealthy: "restart" };
    await define({ name: "h", cmd: "exec sleep 600", type: "daemon", interval: 1, health });
    const healthy = (pid: number | null) => async () => {
      const { health: now, pid: present } = await instance("h");
      return now === "healthy" && present !== pid && { pid: present };
    };
    const { pid } = await until(healthy(null), "it is healthy");
    writeFileSync(sick, "");
    await until(async () => (await runs("h")).some(({ result }) => result === "failed"), "it was ended");
    rmSync(sick);
    await until(healthy(pid), "another is healthy");
  });

  test("when its files have changed, and started again", async () => {
    const { service, define, runs, inState } = await started();
    const folder = join(service.folder, "watched");
    mkdirSync(folder);
    await define({
      name: "w",
      cmd: "exec sleep 600",
      type: "daemon",
      watch: { paths: [folder], debounce_ms: 20 },
    });
    await inState("w", "running");
    writeFileSync(join(folder, "file"), "changed");
    const [again, before] = await until(async () => {
      const found = await runs("w");
      return found.length > 1 && found;
    }, "it has another run");
    expect([before?.result, again?.trigger]).toEqual(["stopped", "restart"]);
  });
});

test("a daemon is healthy once its output says so, also for the next service", async () => {
  const { service, define, inState, instance } = await started();
  const go = join(service.folder, "go");
  const cmd = `echo boot; until test -e ${go}; do sleep 0.02; done; printf 'rea'; echo dy; exec sleep 600`;
  await define({ name: "l", cmd, type: "daemon", health: { log: "^ready$" } });
  await inState("l", "running");
  expect((await instance("l")).health).toBe("starting");
  writeFileSync(go, "");
  await until(async () => (await instance("l")).health === "healthy", "it is healthy");
  const { pid } = await instance("l");
  process.kill(service.pid, "SIGKILL");
  await service.exited;
  const next = await startService({ folder: service.folder });
  const again = apiClient(next.url);
  await until(async () => (await again.instance("l")).health === "healthy", "it is healthy again");
  expect((await again.instance("l")).pid).toBe(pid);
});

test("a daemon that has used up its restarts has failed, and says why", async () => {
  const { define, inState, instance, runs } = await started();
  await define({ name: "g", cmd: "exit 3", type: "daemon", interval: 1, restart: { max_restarts: 3 } });
  await inState("g", "failed");
  expect((await instance("g")).reason).toBe("gave up: 3 restarts within 60 s; last: exit code 3");
  expect(await runs("g")).toHaveLength(4);
});

test("what depends on conditions waits for them, and says for which", async () => {
  const { service, define, inState, instance, post } = await started();
  const flag = join(service.folder, "migrate");
  const deps = [
    { task: "db", condition: "started" },
    { task: "migrate", condition: "succeeded" },
  ];
  await define({ name: "web", cmd: "exec sleep 600", type: "daemon", deps });
  expect((await instance("web")).waiting_for).toEqual(["db (no such task)", "migrate (no such task)"]);
  await define({ name: "migrate", cmd: `test -e ${flag}`, type: "once" });
  await define({ name: "db", cmd: "exec sleep 600", type: "daemon" });
  await inState("migrate", "exited");
  await inState("db", "running");
  expect((await instance("web")).waiting_for).toEqual(["migrate (failed: exit code 1)"]);
  writeFileSync(flag, "");
  await post("/tasks/migrate/start");
  await inState("web", "running");
});
