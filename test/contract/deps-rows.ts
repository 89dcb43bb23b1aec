import { describe, expect, test } from "bun:test";
import { makeGate } from "../helpers/gate.ts";
import { until } from "../helpers/until.ts";
import { type Contract, LONG } from "./contract.ts";

export function depsRows(contract: Contract): void {
  describe("deps", () => {
    const { unique } = contract;
    const once = (name: string, cmd: string, deps: string[] = []) =>
      contract.client.post({ name, cmd, type: "once", deps });
    const waits = async (name: string) =>
      expect(await contract.client.task(name)).toMatchObject({ run_flag: true, running: 0 });
    const runs = (name: string) =>
      until(async () => (await contract.client.task(name)).running === 1, `${name} runs`);
    const ran = (name: string) =>
      until(async () => {
        const { last_time, running } = await contract.client.task(name);
        return last_time > 0 && running === 0;
      }, `${name} has run`);

    test("a task waits until the one it depends on has finished, then starts by itself", async () => {
      const [one, two] = [unique("first"), unique("second")];
      const gate = makeGate(contract.folder);
      await once(one, gate.wait);
      await runs(one);
      await once(two, LONG, [one]);
      await waits(two);
      gate.open();
      await runs(two);
      expect(await contract.client.task(two)).toMatchObject({ run_flag: false });
      expect(await contract.client.task(one)).toMatchObject({ running: 0 });
    });

    test("it waits for all of them", async () => {
      const [one, two, three] = [unique("first"), unique("second"), unique("third")];
      const [left, right] = [makeGate(contract.folder), makeGate(contract.folder)];
      await once(one, left.wait);
      await once(two, right.wait);
      await once(three, LONG, [one, two]);
      left.open();
      await ran(one);
      await waits(three);
      right.open();
      await runs(three);
    });

    test("a dependency of a dependency that has finished holds it back as well", async () => {
      const [one, two, three] = [unique("first"), unique("second"), unique("third")];
      const gate = makeGate(contract.folder);
      await once(two, "true", [one]);
      await ran(two);
      await once(one, gate.wait);
      await runs(one);
      await once(three, LONG, [two]);
      await waits(three);
      gate.open();
      await runs(three);
    });

    test("a task that waits holds back those that depend on it", async () => {
      const [one, two, three] = [unique("first"), unique("second"), unique("third")];
      const [a, b] = [makeGate(contract.folder), makeGate(contract.folder)];
      await once(one, a.wait);
      await once(two, b.wait, [one]);
      await once(three, LONG, [two]);
      await waits(two);
      await waits(three);
      a.open();
      await runs(two);
      await waits(three);
      b.open();
      await runs(three);
    });

    test("a name that does not exist, and a task that is not running, hold nothing back", async () => {
      const [one, two] = [unique("first"), unique("second")];
      await once(one, "true");
      await ran(one);
      await once(two, LONG, [one, unique("nobody")]);
      await runs(two);
    });

    test("DELETE of the dependency lets it start", async () => {
      const [one, two] = [unique("first"), unique("second")];
      await contract.client.post({ name: one, cmd: LONG, type: "daemon" });
      await once(two, LONG, [one]);
      await waits(two);
      await contract.client.remove(one);
      await runs(two);
    });

    test("a waiting task starts all its replicas", async () => {
      const [one, two] = [unique("first"), unique("second")];
      await once(one, LONG);
      await contract.client.post({ name: two, cmd: LONG, type: "once", replica: 3, deps: [one] });
      await waits(two);
      await contract.client.remove(one);
      await until(async () => (await contract.client.task(two)).running === 3, "all run");
    });

    test("a cycle is refused by name, also one of a single task", async () => {
      const [one, two, three] = [unique("first"), unique("second"), unique("third")];
      await once(one, "true", [two]);
      await once(two, "true", [three]);
      const { status, body } = await once(three, "true", [one]);
      expect({ status, code: body.code }).toEqual({ status: 400, code: 400 });
      for (const name of [one, two, three]) expect(body.msg).toContain(name);
      const alone = unique("alone");
      expect((await once(alone, "true", [alone])).body.msg).toContain(`${alone} → ${alone}`);
    });
  });
}
