import { readFileSync } from "node:fs";
import { describe, expect, test } from "bun:test";
import { makeGate } from "../helpers/gate.ts";
import { linesOf } from "../helpers/lines.ts";
import { isAlive } from "../helpers/processes.ts";
import { until } from "../helpers/until.ts";
import { type Contract, LONG } from "./contract.ts";

export function lifeRows(contract: Contract): void {
  describe("types and calls", () => {
    const { unique, folder } = contract;
    const runs = (name: string) => linesOf(`${folder}/${name}.runs`).length;
    /** A command that leaves a line with its alias's number, and goes on with `rest`. */
    const counting = (name: string, rest: string) => `echo run >> '${folder}/${name}.runs'; ${rest}`;
    const finished = (name: string) =>
      until(async () => (await contract.client.task(name)).running === 0, `${name} has finished`);
    const pids = async (name: string) => (await contract.client.running(name)).map(({ pid }) => Number(pid));
    const running = (name: string, count: number) =>
      until(async () => (await contract.client.task(name)).running === count, `${name} runs ${count} times`);

    test.each([[0], [3]])(
      "once runs each replica one time and stays in the list, exit code %d",
      async (code) => {
        const name = unique("once");
        await contract.client.post({ name, cmd: counting(name, `exit ${code}`), type: "once", replica: 2 });
        await until(() => runs(name) === 2, "both have run");
        await finished(name);
        expect(await contract.client.task(name)).toMatchObject({ running: 0, run_flag: false });
        expect(runs(name)).toBe(2);
      },
    );

    test.each([["exit 0"], ["exit 3"], ["kill -9 $$"]])("daemon is started again after %s", async (end) => {
      const name = unique("daemon");
      await contract.client.post({ name, cmd: counting(name, end), type: "daemon", interval: 1 });
      await until(() => runs(name) >= 3, "it has run three times");
    });

    test("a daemon's first start does not wait for its interval", async () => {
      const name = unique("daemon");
      await contract.client.post({ name, cmd: LONG, type: "daemon", interval: 2 ** 30 });
      await running(name, 1);
    });

    test("a cron task waits for its time", async () => {
      const name = unique("cron");
      await contract.client.post({ name, cmd: counting(name, LONG), type: "cron", cron: "0 0 1 1 *" });
      expect(await contract.client.task(name)).toMatchObject({ running: 0, last_time: 0 });
    });

    test("a coroutine finds its definition and alias in EVAL_DATA", async () => {
      const name = unique("coroutine");
      await Bun.write(`${folder}/${name}.js`, "console.log(EVAL_DATA);\n");
      await contract.client.post({ name, cmd: `${folder}/${name}.js`, type: "coroutine", replica: 2 });
      const text = async (alias: string) => String((await contract.client.output(name))[alias]);
      await until(async () => (await text(`${name}:1`)).endsWith("\n"), "it has spoken");
      const { alias, conf } = JSON.parse(await text(`${name}:1`)) as { alias: string; conf: object };
      expect(alias).toBe(`${name}:1`);
      expect(conf).toMatchObject({ name, cmd: `${folder}/${name}.js`, type: "coroutine", replica: 2 });
    });

    test("PUT starts a finished task again", async () => {
      const name = unique("put");
      await contract.client.post({ name, cmd: counting(name, "exit 0"), type: "once" });
      await until(() => runs(name) === 1, "it has run");
      await finished(name);
      expect((await contract.client.put(name)).status).toBe(200);
      await until(() => runs(name) === 2, "it has run again");
    });

    test("PUT stops a running task, and starts it when the old processes are gone", async () => {
      const name = unique("put");
      await contract.client.post({ name, cmd: LONG, type: "once", replica: 2 });
      await running(name, 2);
      const old = await pids(name);
      expect((await contract.client.put(name)).status).toBe(200);
      expect(old.filter(isAlive)).toEqual([]);
      await running(name, 2);
      expect((await pids(name)).filter((pid) => old.includes(pid))).toEqual([]);
    });

    test("PUT of a waiting task leaves it waiting", async () => {
      const [one, two] = [unique("first"), unique("second")];
      await contract.client.post({ name: one, cmd: LONG, type: "once" });
      await contract.client.post({ name: two, cmd: LONG, type: "once", deps: [one] });
      expect((await contract.client.put(two)).status).toBe(200);
      expect(await contract.client.task(two)).toMatchObject({ run_flag: true, running: 0 });
    });

    test("DELETE answers when the processes are gone and the name is free", async () => {
      const name = unique("delete");
      const gate = makeGate(folder);
      // It takes its time to go: the gate opens in the trap.
      const slow = `trap '${gate.wait.replaceAll("'", `'"'"'`)}; exit 0' TERM; echo ready > '${folder}/${name}.runs'; while :; do sleep 0.01; done`;
      await contract.client.post({ name, cmd: slow, type: "once" });
      await until(() => runs(name) === 1, "it is ready");
      const [old = 0] = await pids(name);
      const removal = contract.client.remove(name);
      expect((await contract.client.list()).tasks[name]).toBeDefined();
      gate.open();
      expect((await removal).status).toBe(200);
      expect(isAlive(old)).toBe(false);
      expect((await contract.client.list()).tasks[name]).toBeUndefined();
      expect((await contract.client.post({ name, cmd: LONG, type: "once" })).status).toBe(200);
    });

    test("DELETE warns with SIGTERM", async () => {
      const name = unique("warned");
      const file = `${folder}/${name}.runs`;
      const cmd = `trap 'echo bye >> ${file}; exit 0' TERM; echo ready >> ${file}; while :; do sleep 0.01; done`;
      await contract.client.post({ name, cmd, type: "once" });
      await until(() => runs(name) === 1, "it is ready");
      expect((await contract.client.remove(name)).status).toBe(200);
      expect(readFileSync(file, "utf8")).toBe("ready\nbye\n");
    });

    test("DELETE of a finished and of a waiting task", async () => {
      const [done, one, two] = [unique("done"), unique("first"), unique("second")];
      await contract.client.post({ name: done, cmd: "true", type: "once" });
      await finished(done);
      expect((await contract.client.remove(done)).status).toBe(200);
      await contract.client.post({ name: one, cmd: LONG, type: "once" });
      await contract.client.post({ name: two, cmd: LONG, type: "once", deps: [one] });
      expect((await contract.client.remove(two)).status).toBe(200);
      expect((await contract.client.list()).tasks[two]).toBeUndefined();
    });
  });
}
