/** The example sequence of the 1.x README: its requests, with gates in place of the five seconds of sleep. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { makeGate } from "../helpers/gate.ts";
import { legacyClient } from "../helpers/legacy-client.ts";
import { linesWith } from "../helpers/log-lines.ts";
import { isAlive } from "../helpers/processes.ts";
import { startService } from "../helpers/service.ts";
import { until } from "../helpers/until.ts";

setDefaultTimeout(20_000);
const ORDER = /^(Once|Cron|Task|Process) .*(start|stop|waits for)/;

test("the README's sequence, without a pause: each runs when what it depends on has finished", async () => {
  const service = await startService();
  const { post, put, remove, list, running } = legacyClient(service.url);
  const [one, two, three] = [makeGate(service.folder), makeGate(service.folder), makeGate(service.folder)];
  const once = { type: "once", replica: 2 };
  const ok = async (answer: Promise<{ status: number }>) => expect((await answer).status).toBe(200);
  const runs = (name: string) =>
    until(async () => (await running(name)).length === 2, `both processes of ${name} run`);

  await ok(post({ name: "sleep1", cmd: one.wait, ...once }));
  await ok(post({ name: "sleep2", cmd: two.wait, ...once, deps: ["sleep1"] }));
  await ok(post({ name: "sleep3", cmd: three.wait, ...once, deps: ["sleep1", "sleep2"] }));
  await runs("sleep1");
  const first = await list();
  expect(first.running.map(({ alias }) => alias)).toEqual(["sleep1:0", "sleep1:1"]);
  expect(first.tasks["sleep1"]).toMatchObject({ running: 2, run_flag: false });
  expect(first.tasks["sleep2"]).toMatchObject({ running: 0, run_flag: true });
  expect(first.tasks["sleep3"]).toMatchObject({ running: 0, run_flag: true });

  await ok(remove("sleep1"));
  await runs("sleep2");
  await ok(post({ name: "sleep1", cmd: one.wait, ...once }));
  await runs("sleep1");
  const before = (await running("sleep1")).map(({ pid }) => Number(pid));
  await ok(put("sleep1"));
  expect(before.filter(isAlive)).toEqual([]);
  await runs("sleep1");
  await ok(post({ name: "sleep4", cmd: "sleep 5", type: "cron", cron: "* * * * *", replica: 2 }));
  const [sleep4] = [(await list()).tasks["sleep4"]];
  expect(sleep4).toMatchObject({ cron: "* * * * *", type: "cron", replica: 2, run_flag: false });

  two.open();
  await until(async () => (await running("sleep2")).length === 0, "sleep2 has finished");
  expect((await list()).tasks["sleep3"]).toMatchObject({ running: 0, run_flag: true });
  one.open();
  await runs("sleep3");
  three.open();
  await until(() => service.log().includes("Task sleep3 stopped"), "sleep3 has finished");
  // What sleep3 is still waiting for at each moment is told as well, and is not what this is about.
  const told = linesWith(service.log(), ORDER).filter((line) => !line.includes("sleep4"));
  const first3 = told.findIndex(
    (line) => line.includes("(sleep3:1)") && line.endsWith("waits for sleep1, sleep2"),
  );
  const story = told.filter(
    (line, i) => i <= first3 || !line.includes("(sleep3:") || !line.includes("waits"),
  );
  const sorted = story.map((line) => line.replace(/:\d\)/, ")"));
  const pair = (line: string) => [line, line];
  expect(sorted).toEqual([
    "Task sleep1 started",
    ...pair("Once Process (sleep1) start"),
    ...pair("Process (sleep2) waits for sleep1"),
    ...pair("Process (sleep3) waits for sleep1, sleep2"),
    ...pair("Once Process PID (sleep1) stop"),
    "Task sleep1 stopped",
    "Task sleep2 started",
    ...pair("Once Process (sleep2) start"),
    "Task sleep1 started",
    ...pair("Once Process (sleep1) start"),
    ...pair("Once Process PID (sleep1) stop"),
    "Task sleep1 stopped",
    "Task sleep1 started",
    ...pair("Once Process (sleep1) start"),
    ...pair("Once Process PID (sleep2) stop"),
    "Task sleep2 stopped",
    ...pair("Once Process PID (sleep1) stop"),
    "Task sleep1 stopped",
    "Task sleep3 started",
    ...pair("Once Process (sleep3) start"),
    ...pair("Once Process PID (sleep3) stop"),
    "Task sleep3 stopped",
  ]);
});

test("each when the one before has had its effect: sleep1, then sleep2, then sleep3", async () => {
  const service = await startService();
  const { post, task } = legacyClient(service.url);
  const gate = makeGate(service.folder);
  const once = { cmd: gate.wait, type: "once", replica: 2 };
  const runs = (name: string) => until(async () => (await task(name)).running === 2, `${name} runs`);
  await post({ name: "sleep1", ...once });
  await post({ name: "sleep2", ...once, deps: ["sleep1"] });
  await post({ name: "sleep3", ...once, deps: ["sleep1", "sleep2"] });
  for (const name of ["sleep1", "sleep2", "sleep3"]) {
    await runs(name);
    gate.pass(2);
  }
  await until(() => service.log().includes("Task sleep3 stopped"), "all have finished");
  expect(linesWith(service.log(), /^Task/)).toEqual([
    "Task sleep1 started",
    "Task sleep1 stopped",
    "Task sleep2 started",
    "Task sleep2 stopped",
    "Task sleep3 started",
    "Task sleep3 stopped",
  ]);
});
