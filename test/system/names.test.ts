import { readdirSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { apiClient } from "../helpers/api-client.ts";
import { legacyClient } from "../helpers/legacy-client.ts";
import { type Service, endService, launchService } from "../helpers/service.ts";
import { makeFolder } from "../helpers/temporary-folder.ts";
import { until } from "../helpers/until.ts";

setDefaultTimeout(20_000);

describe("names and numbers", () => {
  const folder = makeFolder();
  let service: Service;
  beforeAll(async () => {
    service = await launchService(folder.path);
  });
  afterAll(async () => {
    await endService(service);
    folder.remove();
  });
  const client = () => legacyClient(service.url);

  const GOOD = [
    "a",
    "7",
    "_x",
    "@scope",
    "a.b-c_d@e",
    "задача-1",
    "任务",
    "مهمة",
    "कार्य",
    "café",
    "cafe\u0301",
    "toString",
    "__proto__",
    "constructor",
    "x".repeat(128),
    "任".repeat(128),
    "𠀀".repeat(128),
  ];
  test.each(GOOD.map((name) => [name]))("%s names a task, from start to output to removal", async (name) => {
    const { post, put, remove, list, output } = client();
    const definition = { name, cmd: "echo hi", type: "once", replica: 2 };
    expect(await post(definition)).toMatchObject({ status: 200, body: { msg: "OK" } });
    expect(Object.keys((await list()).tasks)).toEqual([name]);
    await until(async () => String((await output(name))[`${name}:1`]) === "hi\n", "its output is there");
    expect((await put(name)).status).toBe(200);
    expect((await post(definition)).status).toBe(403);
    expect((await remove(name)).status).toBe(200);
    expect((await list()).tasks).toEqual({});
  });

  const BAD = [
    "",
    " ",
    "a b",
    ".hidden",
    "-rf",
    "..",
    "../x",
    "a/b",
    "/etc/passwd",
    "a\\b",
    "a:0",
    "a\nb",
    "a\0b",
    "a\u202eb",
    "a%2fb",
    "a*",
    "🚀",
    "x".repeat(129),
    "任".repeat(129),
  ];
  test.each(BAD.map((name) => [name]))("%j names none", async (name) => {
    const before = filesBelow(folder.path);
    const { status, body } = await client().post({ name, cmd: "echo hi", type: "once" });
    expect({ status, code: body.code }).toEqual({ status: 400, code: 400 });
    expect(body.msg).toStartWith("Invalid JSON field: name: expected ");
    expect((await client().list()).tasks).toEqual({});
    expect(filesBelow(folder.path)).toEqual(before);
  });

  test("two names that differ only after the place where file names are cut have files of their own", async () => {
    const { post, output, remove } = client();
    const names = ["a", "b"].map((end) => `${"任".repeat(127)}${end}`);
    for (const name of names) await post({ name, cmd: `echo ${name.at(-1)}`, type: "once" });
    for (const name of names) {
      await until(
        async () => String((await output(name))[`${name}:0`]) === `${name.at(-1)}\n`,
        "it has its own output",
      );
      await remove(name);
    }
  });

  test("1000 replicas are the most", async () => {
    const { post, task, remove } = client();
    const definition = { name: "many", cmd: "true", type: "cron", cron: "0 0 1 1 *" };
    const refused = await post({ ...definition, replica: 1001 });
    expect(refused.body).toMatchObject({
      code: 400,
      msg: expect.stringMatching(/^Invalid JSON field: replica: .*1000/),
    });
    expect((await post({ ...definition, replica: 1000 })).status).toBe(200);
    expect((await task("many")).replica).toBe(1000);
    expect((await remove("many")).status).toBe(200);
  });

  test("an interval beyond what a timer takes is kept, one beyond a year refused", async () => {
    const { post, task, remove } = client();
    const definition = { name: "pause", cmd: "echo run", type: "daemon" };
    const refused = await post({ ...definition, interval: 2 ** 53 });
    expect(refused.body).toMatchObject({
      code: 400,
      msg: expect.stringMatching(/^Invalid JSON field: interval: /),
    });
    expect((await post({ ...definition, interval: 2 ** 31 })).status).toBe(200);
    const retry = await until(async () => {
      const { state, retry_at } = await apiClient(service.url).instance("pause");
      return state === "backoff" && retry_at;
    }, "it pauses");
    expect(Date.parse(retry) - Date.now()).toBeWithin(2 ** 31 - 60_000, 2 ** 31);
    expect(await task("pause")).toMatchObject({ interval: 2 ** 31, running: 0 });
    expect((await remove("pause")).status).toBe(200);
    expect(
      service
        .log()
        .split("\n")
        .filter((line) => line.endsWith("(pause:0) start")),
    ).toHaveLength(1);
  });

  test("an unknown field is refused by name, with the one that was meant", async () => {
    const { body } = await client().post({ name: "a", cmd: "true", type: "once", replicas: 2 });
    expect(body).toMatchObject({
      code: 400,
      msg: expect.stringContaining("replicas: there is no such field; did you mean replica?"),
    });
  });
});

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true }).map(String).sort();
}
