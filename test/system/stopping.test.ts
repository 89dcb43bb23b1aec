import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { makeGate } from "../helpers/gate.ts";
import { legacyClient } from "../helpers/legacy-client.ts";
import { linesOf } from "../helpers/lines.ts";
import { linesWith, wordsOf } from "../helpers/log-lines.ts";
import { isAlive } from "../helpers/processes.ts";
import { type Service, startService } from "../helpers/service.ts";
import { until } from "../helpers/until.ts";

setDefaultTimeout(20_000);

/** Commands that leave a process behind which does not end with the group's leader. */
const FAMILIES: readonly (readonly [what: string, cmd: string])[] = [
  ["a plain process", "sleep 600"],
  ["a child of a shell", "sleep 600; :"],
  ["a grandchild in the background", "sleep 600 & sleep 600"],
  ["a grandchild whose parent has exited", "sleep 600 & echo $! > FILE"],
  ["a grandchild in a session of its own", "setsid sleep 600 & sleep 600"],
  ["a grandchild that has forked twice and left", "(setsid sh -c 'sleep 600; :' &) ; sleep 600"],
  ["a grandchild in a session of its own, its parent gone", "setsid -f sh -c 'sleep 600; :'"],
  ["one that ignores the hang-up", "nohup sleep 600 & sleep 600"],
];

async function startTask(service: Service, cmd: string): Promise<void> {
  const ready = `${service.folder}/ready`;
  const line = `${cmd.replace("FILE", `${service.folder}/pid`)}`;
  await legacyClient(service.url).post({
    name: "family",
    cmd: `echo ready > ${ready}; ${line}`,
    type: "once",
  });
  await until(() => linesOf(ready).length === 1 && sleeps(service), "the family is there");
}

/** All the sleeps that a family consists of have been executed. */
function sleeps(service: Service): boolean {
  const names = service
    .descendants()
    .map((pid) => Bun.spawnSync(["cat", `/proc/${pid}/comm`]).stdout.toString());
  return names.some((name) => name.trim() === "sleep");
}

describe("stopping the service", () => {
  test.each([["SIGTERM"], ["SIGINT"], ["SIGHUP"]])(
    "%s stops the tasks, and it exits with 0",
    async (signal) => {
      const service = await startService();
      await startTask(service, "sleep 600");
      service.signal(signal as NodeJS.Signals);
      expect(await service.exited).toBe(0);
      expect(service.descendants()).toEqual([]);
      const words = wordsOf(service.log());
      expect(words).toContain(`${signal}: stopping all tasks. A second signal kills them at once`);
      expect(words.at(-1)).toBe("Meproc stopped");
    },
  );

  test("under nohup a hang-up is nothing", async () => {
    const service = await startService({ prefix: ["nohup"] });
    service.signal("SIGHUP");
    await legacyClient(service.url).list();
    expect(await service.stop()).toBe(0);
    expect(linesWith(service.log(), /^SIG/).map((line) => line.split(":")[0])).toEqual(["SIGTERM"]);
  });

  test("dependents are stopped before what they depend on", async () => {
    const service = await startService();
    const { post } = legacyClient(service.url);
    const story = `${service.folder}/story`;
    const gate = makeGate(service.folder);
    const say = (name: string, then: string) =>
      `bye() { echo ${name} told >> ${story}; ${then}; echo ${name} gone >> ${story}; exit 0; }; trap bye TERM; echo > ${story}.${name}; while :; do sleep 0.01; done`;
    const start = async (name: string, then: string, dep: string) => {
      await post({ name, cmd: say(name, then), type: "daemon", deps: [dep] });
      await until(() => linesOf(`${story}.${name}`).length === 1, `${name} is ready`);
    };
    // The other way round the second would wait for the first.
    await start("web", gate.wait, "api");
    await start("api", ":", "db");
    await start("db", ":", "nobody");
    service.signal("SIGTERM");
    await until(() => linesOf(story).length === 1, "web has been told");
    gate.open();
    expect(await service.exited).toBe(0);
    expect(linesOf(story)).toEqual(["web told", "web gone", "api told", "api gone", "db told", "db gone"]);
  });

  test("while it stops, nothing new is taken or started", async () => {
    const service = await startService();
    const { post, task, call } = legacyClient(service.url);
    const gate = makeGate(service.folder);
    const ready = `${service.folder}/ready`;
    const cmd = `bye() { ${gate.wait}; exit 0; }; trap bye TERM; echo > ${ready}; while :; do sleep 0.01; done`;
    await post({ name: "slow", cmd, type: "once" });
    await until(() => linesOf(ready).length === 1, "it is ready");
    await post({ name: "later", cmd: "sleep 600", type: "once", deps: ["slow"] });
    expect((await task("later")).run_flag).toBe(true);
    service.signal("SIGTERM");
    await until(() => service.log().includes("SIGTERM: stopping"), "it is stopping");
    const refused = await post({ name: "new", cmd: "true", type: "once" });
    expect({ status: refused.status, code: refused.body.code }).toEqual({ status: 503, code: 503 });
    expect((await call("/proc?name=slow", { method: "PUT" })).status).toBe(503);
    gate.open();
    expect(await service.exited).toBe(0);
    expect(service.log()).not.toContain("(later:0) start");
  });

  test.each(FAMILIES.map(([what, cmd]) => [what, cmd]))("%s does not survive it", async (_what, cmd) => {
    const service = await startService();
    await startTask(service, cmd);
    expect(await service.stop()).toBe(0);
    expect(service.descendants()).toEqual([]);
  });

  test.each(FAMILIES.map(([what, cmd]) => [what, cmd]))("%s does not survive DELETE", async (_what, cmd) => {
    const service = await startService();
    await startTask(service, cmd);
    expect((await legacyClient(service.url).remove("family")).status).toBe(200);
    expect(service.descendants()).toEqual([]);
  });

  test("a process that has emptied its environment and left its session does not survive it", async () => {
    const service = await startService();
    const file = `${service.folder}/stray`;
    const cmd = `setsid -f env -i sh -c 'echo $$ > ${file}; exec sleep 600'; sleep 600`;
    await legacyClient(service.url).post({ name: "stray", cmd, type: "once" });
    const pid = Number(await until(() => linesOf(file)[0], "it has left"));
    expect(await service.stop()).toBe(0);
    const survived = isAlive(pid);
    if (survived) process.kill(pid, "SIGKILL");
    expect(survived).toBe(false);
  });

  const STUBBORN = "trap '' TERM INT HUP; sleep 600; :";
  test.each([
    ["a process that ignores SIGTERM", STUBBORN],
    ["its grandchild in the background", `(${STUBBORN}) & ${STUBBORN}`],
    ["its grandchildren in a session of their own", `setsid sh -c "${STUBBORN}" & ${STUBBORN}`],
    ["those that have left it", `setsid -f sh -c "${STUBBORN}"`],
  ])("a second signal kills at once with exit code 1: %s", async (_what, cmd) => {
    const service = await startService();
    await startTask(service, cmd);
    service.signal("SIGTERM");
    await until(() => service.log().includes("SIGTERM: stopping all tasks"), "it is stopping");
    service.signal("SIGTERM");
    expect(await service.exited).toBe(1);
    expect(service.log()).toContain("SIGTERM: killing all processes");
    await until(() => service.descendants().length === 0, "none is left", 1000);
  });

  test("a hundred processes are gone with it", async () => {
    const service = await startService();
    const { post, task } = legacyClient(service.url);
    await post({ name: "many", cmd: "sleep 600 & sleep 600", type: "daemon", replica: 100 });
    await until(async () => (await task("many")).running === 100, "all run");
    expect(await service.stop()).toBe(0);
    expect(service.descendants()).toEqual([]);
  });

  test("it may be stopped while it is starting a hundred", async () => {
    const service = await startService();
    const started = legacyClient(service.url).post({
      name: "many",
      cmd: "sleep 600",
      type: "daemon",
      interval: 1,
      replica: 100,
    });
    expect((await started).status).toBe(200);
    expect(await service.stop()).toBe(0);
    expect(service.descendants()).toEqual([]);
  });

  test("no FIFO is left in the data directory", async () => {
    const service = await startService();
    await startTask(service, "sleep 600");
    expect(await service.stop()).toBe(0);
    const left = Bun.spawnSync(["find", service.dataDir, "-type", "p"]).stdout.toString();
    expect(left).toBe("");
  });
});
