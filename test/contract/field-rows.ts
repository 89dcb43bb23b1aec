import { describe, expect, test } from "bun:test";
import { until } from "../helpers/until.ts";
import { type Contract, LONG, OK } from "./contract.ts";

const WRONG: readonly (readonly [field: string, value: unknown])[] = [
  ["name", 7],
  ["name", ["a"]],
  ["cmd", 7],
  ["cmd", { sh: "true" }],
  ["type", "twice"],
  ["type", 1],
  ["cron", 5],
  ["user", 0],
  ["group", []],
  ["replica", "2"],
  ["replica", 1.5],
  ["replica", true],
  ["interval", "3000"],
  ["interval", 0.5],
  ["deps", "sleep1"],
  ["deps", [1]],
  ["deps", { a: 1 }],
];

export function fieldRows(contract: Contract): void {
  describe("fields of a task", () => {
    const { unique } = contract;
    const post = (definition: object) => contract.client.post(definition);

    test("what is not given has its default", async () => {
      const name = unique("plain");
      expect((await post({ name, cmd: LONG, type: "once" })).body).toEqual({ ...OK } as never);
      const { deps, user, group, replica, interval, cron } = await contract.client.task(name);
      const defaults = { deps: [], user: null, group: null, replica: 1, interval: 3000, cron: undefined };
      expect({ deps, user, group, replica, interval, cron } as unknown).toEqual(defaults);
    });

    test("null counts as not given", async () => {
      const name = unique("nulls");
      const nothing = { cron: null, user: null, group: null, replica: null, interval: null, deps: null };
      const answer = await post({ name, cmd: LONG, type: "daemon", ...nothing });
      expect(answer).toMatchObject({ status: 200, body: OK });
      expect(await contract.client.task(name)).toMatchObject({ replica: 1, interval: 3000, deps: [] });
    });

    test("null in a cron task's schedule means every minute", async () => {
      const name = unique("nullcron");
      await post({ name, cmd: LONG, type: "cron", cron: null });
      expect(await contract.client.task(name)).toMatchObject({ type: "cron", cron: "* * * * *", running: 0 });
    });

    test("a cron task without a schedule has every minute's", async () => {
      const name = unique("everyminute");
      await post({ name, cmd: LONG, type: "cron" });
      expect((await contract.client.task(name)).cron).toBe("* * * * *");
    });

    test("what is given is kept", async () => {
      const name = unique("given");
      const definition = { name, cmd: LONG, type: "daemon", replica: 2, interval: 77, deps: ["nobody"] };
      await post(definition);
      expect(await contract.client.task(name)).toMatchObject(definition);
    });

    test.each([["name"], ["cmd"], ["type"]])("%s is required", async (field) => {
      const whole = { name: unique("missing"), cmd: LONG, type: "once" };
      for (const value of [undefined, null]) {
        const { status, body } = await post({ ...whole, [field]: value });
        expect({ status, code: body.code }).toEqual({ status: 400, code: 400 });
        expect(body.msg).toStartWith("Invalid JSON field");
        expect(body.msg).toContain(field);
      }
    });

    test.each(WRONG.map(([field, value]) => [field, value]))("%s is not %j", async (field, value) => {
      const type = field === "cron" ? "cron" : "once";
      const { status, body } = await post({ name: unique("wrong"), cmd: LONG, type, [String(field)]: value });
      expect({ status, code: body.code }).toEqual({ status: 400, code: 400 });
      expect(body.msg).toStartWith("Invalid JSON field");
      expect(body.msg).toContain(String(field));
    });

    test("a refused definition leaves no task and no claim on the name", async () => {
      const name = unique("again");
      expect((await post({ name, cmd: LONG, type: "once", replica: 0 })).status).toBe(400);
      expect((await contract.client.list()).tasks[name]).toBeUndefined();
      expect((await post({ name, cmd: LONG, type: "once" })).status).toBe(200);
    });

    test("the command is a shell's line", async () => {
      const name = unique("line");
      const file = `${contract.folder}/${name}`;
      await post({ name, cmd: `echo a > '${file}'; echo "$((1 + 1))" >> '${file}'; ${LONG}`, type: "once" });
      const text = async () => ((await Bun.file(file).exists()) ? Bun.file(file).text() : "");
      await until(async () => (await text()) === "a\n2\n", "both commands have run");
    });
  });
}
