import { describe, expect, test } from "bun:test";
import { until } from "../helpers/until.ts";
import { type Contract, LONG, OK } from "./contract.ts";

const TASK_KEYS = [
  "cmd",
  "deps",
  "name",
  "type",
  "user",
  "group",
  "replica",
  "running",
  "interval",
  "run_flag",
  "last_time",
  "start_time",
];
const unixNow = () => Math.floor(Date.now() / 1000);

export function answerRows(contract: Contract): void {
  describe("answers", () => {
    const { unique } = contract;

    test("POST, PUT and DELETE answer msg and code, in JSON", async () => {
      const name = unique("shape");
      const { client } = contract;
      const answers = [
        await client.post({ name, cmd: LONG, type: "once" }),
        await client.put(name),
        await client.remove(name),
      ];
      for (const answer of answers) {
        expect(answer.status).toBe(200);
        expect({ ...answer.body } as unknown).toEqual(OK);
        expect(answer.type).toStartWith("application/json");
      }
    });

    test("the list has exactly the contract's keys", async () => {
      const name = unique("keys");
      await contract.client.post({ name, cmd: LONG, type: "once", replica: 2 });
      await until(async () => (await contract.client.task(name)).running === 2, "both replicas run");
      const { body } = await contract.client.call<{ tasks: object; running: object[] }>("/proc");
      expect(Object.keys(body).sort()).toEqual(["code", "data", "msg"]);
      expect(Object.keys(body.data).sort()).toEqual(["running", "tasks"]);
      expect(Object.keys(await contract.client.task(name)).sort()).toEqual([...TASK_KEYS].sort());
      for (const process of await contract.client.running(name))
        expect(Object.keys(process).sort()).toEqual(["alias", "command", "pid"]);
    });

    test("a cron task carries its schedule beside them", async () => {
      const name = unique("keys");
      await contract.client.post({ name, cmd: LONG, type: "cron", cron: "0 0 1 1 *" });
      const task = await contract.client.task(name);
      expect(Object.keys(task).sort()).toEqual([...TASK_KEYS, "cron"].sort());
      expect(task).toMatchObject({ cron: "0 0 1 1 *", running: 0, run_flag: false, last_time: 0 });
    });

    test("each running process is listed once, with its pid, alias and command", async () => {
      const name = unique("running");
      await contract.client.post({ name, cmd: LONG, type: "once", replica: 3 });
      await until(async () => (await contract.client.task(name)).running === 3, "all replicas run");
      const running = await contract.client.running(name);
      expect(running.map(({ alias }) => alias)).toEqual([`${name}:0`, `${name}:1`, `${name}:2`]);
      expect(new Set(running.map(({ pid }) => pid)).size).toBe(3);
      for (const { pid, command } of running) {
        expect(pid).toBeInteger();
        expect(command).toBe(LONG);
      }
    });

    test("start_time and last_time are Unix seconds of the start", async () => {
      const before = unixNow();
      const name = unique("times");
      await contract.client.post({ name, cmd: LONG, type: "once" });
      await until(async () => (await contract.client.task(name)).running === 1, "it runs");
      const { start_time, last_time } = await contract.client.task(name);
      for (const time of [start_time, last_time]) {
        expect(time).toBeGreaterThanOrEqual(before);
        expect(time).toBeLessThanOrEqual(unixNow());
      }
    });

    test("a task that waits for another has been asked to start and has not started", async () => {
      const [one, two] = [unique("first"), unique("second")];
      await contract.client.post({ name: one, cmd: LONG, type: "once" });
      await contract.client.post({ name: two, cmd: LONG, type: "once", deps: [one] });
      const waiting = await contract.client.task(two);
      expect(waiting).toMatchObject({ run_flag: true, running: 0, last_time: 0 });
      expect(waiting.start_time).toBeGreaterThan(0);
      expect(await contract.client.running(two)).toEqual([]);
    });

    test("a coroutine is listed with pid and command empty", async () => {
      const name = unique("coroutine");
      const script = `${contract.folder}/${name}.ts`;
      await Bun.write(script, "setInterval(() => undefined, 1000);\n");
      await contract.client.post({ name, cmd: script, type: "coroutine" });
      await until(async () => (await contract.client.task(name)).running === 1, "it runs");
      expect(await contract.client.running(name)).toEqual([{ pid: "", alias: `${name}:0`, command: "" }]);
    });

    test("the tasks are keyed by name, also by one that objects have", async () => {
      const name = unique("toString");
      await contract.client.post({ name, cmd: LONG, type: "once" });
      expect((await contract.client.task(name)).name).toBe(name);
    });
  });
}
