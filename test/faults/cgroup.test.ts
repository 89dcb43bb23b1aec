/** A cgroup for each run, where the system lets the service make one. */
import { existsSync, mkdirSync, readFileSync, readdirSync, rmdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { apiClient } from "../helpers/api-client.ts";
import { whenDone } from "../helpers/cleanup.ts";
import { legacyClient } from "../helpers/legacy-client.ts";
import { linesOf } from "../helpers/lines.ts";
import { isAlive, isRoot, procFile } from "../helpers/processes.ts";
import { type Service, startService } from "../helpers/service.ts";
import { until } from "../helpers/until.ts";
import { afterCrash, crash, inState, nextService, withDatabase } from "./after-a-kill.ts";

setDefaultTimeout(30_000);

/** Our own group of the v2 hierarchy as a folder; `null` if groups cannot be made in it. */
function ownGroup(): string | null {
  const mount = /^\S+ (\S+) cgroup2 /m.exec(readFileSync("/proc/self/mounts", "utf8"))?.[1];
  const own = /^0::(.*)$/m.exec(readFileSync("/proc/self/cgroup", "utf8"))?.[1];
  if (mount === undefined || own === undefined) return null;
  const probe = join(mount, own, `meproc-test-${process.pid}`);
  try {
    mkdirSync(probe);
    rmdirSync(probe);
    return join(mount, own);
  } catch {
    // no right to, or a read-only mount, as in most containers
    return null;
  }
}

const group = isRoot ? ownGroup() : null;

/** Where the groups of this service's runs are. */
function groupsOf(service: Service): string {
  const id = withDatabase(service, (database) =>
    database.query<{ value: string }, []>("SELECT value FROM meta WHERE key = 'service'").get(),
  );
  return join(group ?? "", `meproc-${id?.value}`);
}

const pathOf = (pid: number) => /^0::(.*)$/m.exec(procFile(pid, "cgroup"))?.[1] ?? "";

describe.skipIf(group === null)("where cgroups can be made", () => {
  test("each run has one of its own, with all of its processes, removed after it", async () => {
    const service = await startService();
    const file = join(service.folder, "pids");
    const cmd = `setsid sleep 600 & echo $! >> ${file}; echo $$ >> ${file}; sleep 600`;
    await legacyClient(service.url).post({ name: "g", cmd, type: "daemon", replica: 2 });
    await until(() => linesOf(file).length === 4, "both have started");
    const runs = [0, 1].map((index) => apiClient(service.url).instance("g", index));
    const ids = (await Promise.all(runs)).map(({ run }) => run ?? "");
    const groups = groupsOf(service);
    expect(
      readdirSync(groups, { withFileTypes: true })
        .filter((each) => each.isDirectory())
        .map(({ name }) => name)
        .sort(),
    ).toEqual([...ids].sort());
    const inGroups = linesOf(file).map((pid) => pathOf(Number(pid)).split("/").at(-1));
    expect(inGroups.sort()).toEqual([...ids, ...ids].sort());
    expect(pathOf(service.pid)).not.toContain("meproc-");
    expect((await legacyClient(service.url).remove("g")).status).toBe(200);
    expect(ids.filter((id) => existsSync(join(groups, id)))).toEqual([]);
    expect(await service.stop()).toBe(0);
    expect(existsSync(groups)).toBe(false);
  });

  test("what has emptied its environment and left its session is ended through it, also after a kill", async () => {
    const first = await startService();
    const file = join(first.folder, "pids");
    const flee = `setsid -f env -i sh -c 'trap "" TERM HUP; echo $$ >> ${file}; while :; do sleep 0.05; done'`;
    await legacyClient(first.url).post({ name: "f", cmd: `${flee}; exec sleep 600`, type: "once" });
    await until(() => linesOf(file).length === 1, "it has fled");
    const second = await afterCrash(first);
    await inState(second, "f", "running");
    const fled = Number(linesOf(file)[0]);
    // a second signal kills at once: nobody waits 10 s for what ignores SIGTERM
    second.signal("SIGTERM");
    await until(() => second.log().includes("SIGTERM: stopping all tasks"), "it is stopping");
    second.signal("SIGTERM");
    expect(await second.exited).toBe(1);
    await until(() => !isAlive(fled), "it is killed");
  });

  /** A finished task, its process in the background, which can be found by the group alone. */
  async function startFugitive(service: Service): Promise<number> {
    const file = join(service.folder, "pids");
    const flee = `setsid -f env -i sh -c 'echo $$ >> ${file}; exec sleep 600'`;
    await legacyClient(service.url).post({ name: "e", cmd: flee, type: "once" });
    await until(() => linesOf(file).length === 1, "it has fled");
    await inState(service, "e", "exited");
    return Number(linesOf(file)[0]);
  }

  const ENDINGS: readonly (readonly [string, (service: Service) => Promise<unknown>])[] = [
    ["a stop", ({ url }) => apiClient(url).post("/tasks/e/stop")],
    ["a restart", ({ url }) => apiClient(url).post("/tasks/e/restart")],
    ["the removal of its task", ({ url }) => legacyClient(url).remove("e")],
    ["a stop of the service", (service) => service.stop()],
  ];

  test.each(ENDINGS)("what a finished run has left unnamed is ended after a kill by %s", async (_by, end) => {
    const first = await startService();
    const fled = await startFugitive(first);
    const groups = groupsOf(first);
    const run = pathOf(fled).split("/").at(-1) ?? "";
    const second = await afterCrash(first);
    expect(isAlive(fled)).toBe(true);
    await end(second);
    expect(isAlive(fled)).toBe(false);
    expect(existsSync(join(groups, run))).toBe(false);
  });

  test("what is left of a run that nobody remembers ends with the service", async () => {
    const first = await startService();
    const fled = await startFugitive(first);
    await crash(first);
    withDatabase(first, (database) => database.run("DELETE FROM runs"));
    const second = await nextService(first);
    expect(isAlive(fled)).toBe(true);
    expect(await second.stop()).toBe(0);
    expect(isAlive(fled)).toBe(false);
    expect(existsSync(groupsOf(second))).toBe(false);
  });

  test("empty groups are removed at the start, those of another service never", async () => {
    const first = await startService();
    const groups = groupsOf(first);
    await crash(first);
    const [left, foreign] = [join(groups, "run"), join(group ?? "", `meproc-${crypto.randomUUID()}`, "run")];
    for (const folder of [left, foreign]) mkdirSync(folder, { recursive: true });
    whenDone(() => {
      rmdirSync(foreign);
      rmdirSync(dirname(foreign));
    });
    const second = await nextService(first);
    expect(existsSync(left)).toBe(false);
    expect(existsSync(foreign)).toBe(true);
    expect(await second.kill()).toBe(1);
    expect(existsSync(groups)).toBe(false);
  });

  test("a service that was killed leaves the groups to the next, which removes them", async () => {
    const first = await startService();
    await legacyClient(first.url).post({ name: "d", cmd: "sleep 600", type: "daemon" });
    const { pid, run } = await inState(first, "d", "running");
    const groups = groupsOf(first);
    const second = await afterCrash(first);
    expect(pathOf(pid ?? 0)).toEndWith(`/${run}`);
    expect((await apiClient(second.url).post("/tasks/d/stop")).status).toBe(200);
    expect(existsSync(join(groups, run ?? ""))).toBe(false);
    expect(await second.stop()).toBe(0);
    expect(existsSync(groups)).toBe(false);
  });
});
