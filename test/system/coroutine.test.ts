import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, setDefaultTimeout, test } from "bun:test";
import { apiClient } from "../helpers/api-client.ts";
import { legacyClient } from "../helpers/legacy-client.ts";
import { type Service, startService } from "../helpers/service.ts";
import { until } from "../helpers/until.ts";

setDefaultTimeout(20_000);

/** Starts a script as a coroutine. */
async function startScript(service: Service, text: string, file = "task.ts", replica = 1): Promise<void> {
  const path = join(service.folder, file);
  writeFileSync(path, text);
  const answer = await legacyClient(service.url).post({
    name: "script",
    cmd: path,
    type: "coroutine",
    replica,
  });
  expect(answer.status).toBe(200);
}

const textOf = async (service: Service, index = 0) =>
  String((await legacyClient(service.url).output("script"))[`script:${index}`]);
const said = (service: Service, text: string) =>
  until(async () => (await textOf(service)).includes(text), `it has said ${text}`);
const ended = (service: Service) =>
  until(async () => {
    const one = await apiClient(service.url).instance("script");
    return one.state === "exited" && one;
  }, "it has ended");
const alive = async (service: Service) => expect(await legacyClient(service.url).list()).toBeDefined();

test("EVAL_DATA is a JSON text, and workerData the object parsed", async () => {
  const service = await startService();
  const script = `
    import { workerData } from "node:worker_threads";
    declare const EVAL_DATA: string;
    const same: boolean = Bun.deepEquals(JSON.parse(EVAL_DATA), workerData);
    console.log(typeof EVAL_DATA, same, workerData.alias, workerData.conf.name, workerData.conf.replica);
  `;
  await startScript(service, script, "task.ts", 2);
  await until(async () => (await textOf(service, 1)) !== "", "the second has spoken");
  expect(await textOf(service, 1)).toBe("string true script:1 script 2\n");
});

test("console, stdout and stderr are its output, each in order, and never the service's", async () => {
  const service = await startService();
  await startScript(
    service,
    `console.log("one"); console.error("two"); process.stdout.write("three\\n"); process.stderr.write("four\\n");
     console.warn("five"); console.info({ six: 6 }); console.log("seven");`,
    "task.js",
  );
  const lines = await until(async () => {
    const all = (await textOf(service)).trimEnd().split("\n");
    return all.length === 7 && all;
  }, "all of it is there");
  const errors = ["two", "four", "five"];
  expect(lines.filter((line) => !errors.includes(line))).toEqual(["one", "three", "{ six: 6 }", "seven"]);
  expect(lines.filter((line) => errors.includes(line))).toEqual(errors);
  expect(service.terminal()).not.toMatch(/^(one|two|three|four|five|seven)$/m);
});

test("it is listed with pid and command empty, beside processes", async () => {
  const service = await startService();
  await startScript(service, "setInterval(() => undefined, 1000);");
  const { running, task } = legacyClient(service.url);
  await until(async () => (await task("script")).running === 1, "it runs");
  expect(await running("script")).toEqual([{ pid: "", alias: "script:0", command: "" }]);
  expect(service.log()).toContain("Coroutine Process (script:0) start");
  expect(service.descendants()).toEqual([]);
});

test("a script may import what lies beside it, and use TypeScript", async () => {
  const service = await startService();
  mkdirSync(join(service.folder, "lib"));
  writeFileSync(
    join(service.folder, "lib/words.ts"),
    "export const word = (n: number): string => 'word ' + n;\n",
  );
  await startScript(
    service,
    'import { word } from "./lib/words.ts";\nenum Kind { A = 7 }\nconsole.log(word(Kind.A));\n',
  );
  await said(service, "word 7\n");
  expect(await ended(service)).toMatchObject({ exit_code: 0, reason: null });
});

test.each([
  ["an error", 'console.log("before"); throw new Error("on purpose");'],
  [
    "a rejection that nobody handles",
    'console.log("before"); void Promise.reject(new Error("on purpose"));\nsetInterval(() => undefined, 1000);',
  ],
  ["an error later", 'console.log("before"); setTimeout(() => { throw new Error("on purpose"); }, 1);'],
])("%s ends it alone, and is in its output", async (_what, script) => {
  const service = await startService();
  await startScript(service, script);
  const { exit_code } = await ended(service);
  expect(exit_code).not.toBe(0);
  await said(service, "on purpose");
  expect(await textOf(service)).toStartWith("before\n");
  expect(service.log()).toContain(`(script:0) ended: exit code ${exit_code}`);
  await alive(service);
});

test("a script that is no program ends it with the reason in its output", async () => {
  const service = await startService();
  await startScript(service, "const = ;\n");
  expect((await ended(service)).exit_code).not.toBe(0);
  await until(async () => (await textOf(service)) !== "", "the reason is there");
  await alive(service);
});

test("an endless loop holds nothing up, and DELETE ends it", async () => {
  const service = await startService();
  await startScript(service, 'console.log("round and round"); for (;;);');
  await said(service, "round");
  await alive(service);
  const { remove, list } = legacyClient(service.url);
  expect((await remove("script")).status).toBe(200);
  expect((await list()).tasks).toEqual({});
  // A thread that goes on burns a core: nothing of it is left when the service can stop.
  expect(await service.stop()).toBe(0);
});

test("an endless loop ends with the service", async () => {
  const service = await startService();
  await startScript(service, 'console.log("round"); for (;;);');
  await said(service, "round");
  expect(await service.stop()).toBe(0);
});

test("process.exit in it ends it, and the service goes on", async () => {
  const service = await startService();
  await startScript(service, 'console.log("going"); process.exit(3);');
  expect(await ended(service)).toMatchObject({ exit_code: 3, reason: "exit code 3" });
  await said(service, "going");
  await alive(service);
});

test("a flood from it is captured whole", async () => {
  const service = await startService();
  await startScript(service, "for (let i = 1; i <= 100_000; i++) console.log(i);");
  await ended(service);
  await said(service, "\n100000\n");
  expect((await textOf(service)).length).toBe(588_895);
});

test("PUT runs what the file holds by now", async () => {
  const service = await startService();
  await startScript(service, 'console.log("old");');
  await said(service, "old");
  await ended(service);
  writeFileSync(join(service.folder, "task.ts"), 'console.log("new");');
  expect((await legacyClient(service.url).put("script")).status).toBe(200);
  await said(service, "new");
});

test("a process that it has started does not outlive the service", async () => {
  const service = await startService();
  await startScript(
    service,
    'Bun.spawn(["sleep", "600"]); console.log("spawned"); setInterval(() => undefined, 1000);',
  );
  await said(service, "spawned");
  expect(await service.stop()).toBe(0);
  await until(() => service.descendants().length === 0, "it is gone", 1000);
});

test("a relative path is taken from the service's working directory, with blanks in it", async () => {
  const service = await startService();
  writeFileSync(join(service.cwd, "my task.ts"), 'console.log("here");');
  await legacyClient(service.url).post({ name: "script", cmd: "my task.ts", type: "coroutine" });
  await said(service, "here\n");
});

test("a directory is no script", async () => {
  const service = await startService();
  await legacyClient(service.url).post({ name: "script", cmd: service.folder, type: "coroutine" });
  await until(() => service.log().includes("cannot be started: the script is not a file"), "the log says so");
});

test("it has no user of its own", async () => {
  const service = await startService();
  const answer = await legacyClient(service.url).post({
    name: "script",
    cmd: "x.ts",
    type: "coroutine",
    user: "root",
  });
  expect(answer.body.code).toBe(400);
  expect(answer.body.msg).toContain("a coroutine runs inside the service");
});
