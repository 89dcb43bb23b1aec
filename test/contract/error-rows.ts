import { describe, expect, test } from "bun:test";
import { type Contract, LONG } from "./contract.ts";

const NO_JSON: readonly (readonly [what: string, body: string])[] = [
  ["nothing", ""],
  ["white space", "  \n"],
  ["a form", "name=sleep1&cmd=sleep+5"],
  ["half an object", '{"name": "a", '],
  ["an object and more", '{"name": "a"} x'],
  ["a NUL", "\u0000"],
  ["a list", "[]"],
  ["a text", '"sleep1"'],
  ["a number", "7"],
  ["null", "null"],
];
const BAD_CRON = [
  " ",
  "often",
  "61 * * * *",
  "* * * *",
  "* * * * * * * *",
  "*/0 * * * *",
  "5-1 * * * *",
  "@sometimes",
];
const MISSING = "Program not exists, please start it at first";

export function errorRows(contract: Contract): void {
  describe("errors", () => {
    const { unique } = contract;
    const refused = async (definition: object | string, code: number, msg: string) => {
      const { status, type, body } = await contract.client.post(definition);
      expect({ status, body: { ...body } } as unknown).toEqual({ status: code, body: { code, msg } });
      expect(type).toStartWith("application/json");
    };

    test.each(NO_JSON.map(([what, body]) => [what, body]))("a body that is %s", async (_what, body) => {
      await refused(body, 400, "JSON body is required");
    });

    test("a POST without any body", async () => {
      const answer = await contract.client.call("/proc", { method: "POST" });
      expect(answer).toMatchObject({ status: 400, body: { code: 400, msg: "JSON body is required" } });
    });

    test.each([["__coroutine__"], ["bootstrap"]])("the reserved name %s", async (name) => {
      await refused({ name, cmd: LONG, type: "once" }, 400, `name '${name}' is reserved`);
    });

    test.each([[0], [-1], [-1000]])("an interval or a replica of %d", async (value) => {
      const whole = { name: unique("minimum"), cmd: LONG, type: "once" };
      await refused({ ...whole, interval: value }, 400, "Interval must be a positive integer");
      await refused({ ...whole, replica: value }, 400, "Replica must be a positive integer");
    });

    test.each([["once"], ["daemon"], ["coroutine"]])("a schedule for the type %s", async (type) => {
      const definition = { name: unique("cron"), cmd: LONG, type, cron: "* * * * *" };
      await refused(definition, 400, "Type of cron job must be 'cron'");
    });

    test.each(BAD_CRON.map((cron) => [cron]))("the schedule '%s'", async (cron) => {
      await refused({ name: unique("cron"), cmd: LONG, type: "cron", cron }, 400, "Invalid cron format");
    });

    test("a name that is in use, running or finished", async () => {
      const name = unique("twice");
      const definition = { name, cmd: LONG, type: "once" };
      expect((await contract.client.post(definition)).status).toBe(200);
      await refused(definition, 403, "Program exists, please stop it at first");
    });

    const NAMELESS = [
      ["PUT", "/proc"],
      ["DELETE", "/proc"],
      ["GET", "/proc/output"],
    ] as const;
    test.each(NAMELESS.map(([method, path]) => [method, path]))(
      "%s %s without a name",
      async (method, path) => {
        const expected = { status: 400, body: { code: 400, msg: "name is required" } };
        for (const query of ["", "?", "?name=", "?other=1"])
          expect(await contract.client.call(`${path}${query}`, { method })).toMatchObject(expected);
      },
    );

    test.each(NAMELESS.map(([method, path]) => [method, path]))("%s %s of no task", async (method, path) => {
      for (const name of ["nobody", "%2e%2e%2fetc", "__proto__", "constructor", "%00"]) {
        const answer = await contract.client.call(`${path}?name=${name}`, { method });
        expect({ status: answer.status, body: { ...answer.body } } as unknown).toEqual({
          status: 403,
          body: { code: 403, msg: MISSING },
        });
      }
    });

    test.each([["/nothing"], ["/proc/nothing"], ["/proc/output/more"], ["/PROC"]])(
      "the path %s",
      async (path) => {
        for (const method of ["GET", "POST", "DELETE"]) {
          const { status, body } = await contract.client.call(path, { method });
          expect({ status, code: body.code, msg: typeof body.msg }).toEqual({
            status: 404,
            code: 404,
            msg: "string",
          });
        }
      },
    );

    test.each([["PATCH"], ["LINK"], ["PROPFIND"]])(
      "%s on /proc is told not to be allowed, and harms nothing",
      async (method) => {
        const answer = await contract.client.call("/proc", { method });
        expect({ status: answer.status, body: { ...answer.body } } as unknown).toEqual({
          status: 405,
          body: { code: 405, msg: "Method not allowed" },
        });
        expect((await contract.client.call("/proc")).status).toBe(200);
      },
    );

    test("an error gives nothing of the input back", async () => {
      const secret = "hunter2-secret";
      const { body } = await contract.client.post({
        name: unique("a"),
        cmd: [secret],
        type: secret,
        [secret]: 1,
      });
      expect(body.code).toBe(400);
      const wrongCron = await contract.client.post({
        name: unique("a"),
        cmd: LONG,
        type: "cron",
        cron: secret,
      });
      expect(wrongCron.body.msg).not.toContain(secret);
    });
  });
}
