import { readdirSync } from "node:fs";
import { expect, setDefaultTimeout, test } from "bun:test";
import { legacyClient } from "../helpers/legacy-client.ts";
import { linesWith, wordsOf } from "../helpers/log-lines.ts";
import { startService } from "../helpers/service.ts";
import { until } from "../helpers/until.ts";

setDefaultTimeout(20_000);
const LINE =
  /^(0[1-9]|1[0-2])\/(0[1-9]|[12]\d|3[01])\/20\d\d ([01]\d|2[0-3]):[0-5]\d:[0-5]\d UTC \[(DEBUG|INFO|WARN|ERROR)\]: \S.*$/;

test("every line has the contract's form, in the file and on the terminal", async () => {
  const service = await startService({ args: ["--log-level", "debug"] });
  const { post, put, remove } = legacyClient(service.url);
  await post({ name: "once", cmd: "exit 3", type: "once", replica: 2 });
  await post({ name: "daemon", cmd: "true", type: "daemon", interval: 1 });
  await post({ name: "cron", cmd: "true", type: "cron" });
  await post({ name: "after", cmd: "true", type: "once", deps: ["daemon"] });
  await post("{");
  await put("cron");
  await remove("daemon");
  expect(await service.stop()).toBe(0);
  const lines = service.log().trimEnd().split("\n");
  expect(lines.filter((line) => !LINE.test(line))).toEqual([]);
  await until(() => service.terminal() === service.log(), "the terminal has shown the same");
});

test("the first line says which version listens where", async () => {
  const service = await startService();
  expect(wordsOf(service.log())[0]).toBe(`Meproc v2.0.0. Listen on: 127.0.0.1:${service.port}`);
});

test("the lines of 1.x stand word for word", async () => {
  const service = await startService();
  await legacyClient(service.url).post({ name: "sleep1", cmd: "true", type: "once" });
  await until(() => service.log().includes("Task sleep1 stopped"), "it has run");
  expect(linesWith(service.log(), /sleep1/)).toEqual([
    "Task sleep1 started",
    "Once Process (sleep1:0) start",
    "Once Process PID (sleep1:0) stop",
    "Task sleep1 stopped",
  ]);
});

test("the files are named after alias and UTC day, each with its index beside it", async () => {
  const service = await startService();
  await legacyClient(service.url).post({ name: "web", cmd: "echo hi", type: "once", replica: 2 });
  const day = String.raw`\d{4}-\d{2}-\d{2}\.log`;
  const names = () => readdirSync(service.logDir).sort();
  await until(() => names().length === 5, "all files are there");
  const web = [0, 1].flatMap((index) => [`^web:${index}-${day}$`, `^web:${index}-${day}\\.idx$`]);
  const patterns = [`^Meproc-${day}$`, ...web];
  expect(names().filter((name, i) => !new RegExp(patterns[i] ?? "").test(name))).toEqual([]);
});

test("a level leaves the lower ones out", async () => {
  const service = await startService({ config: 'log_level = "warn"\n', args: ["--log-level", "info"] });
  await legacyClient(service.url).post({ name: "one", cmd: "true", type: "once" });
  await until(() => service.log().includes("Task one stopped"), "it has run");
  expect(service.log()).not.toContain("[DEBUG]");
});

test("a name cannot forge a line, nor write to the terminal", async () => {
  const service = await startService();
  const forged = "a\n11/16/2023 15:22:38 UTC [INFO]: forged";
  await legacyClient(service.url).post({ name: forged, cmd: "true", type: "once" });
  await fetch(`${service.url}/proc?name=${encodeURIComponent(forged)}`, {
    method: "DELETE",
    headers: { origin: "http://x" },
  });
  expect(
    service
      .log()
      .split("\n")
      .filter((line) => line.startsWith("11/16/2023")),
  ).toEqual([]);
});

test("a log directory that cannot be written to ends no service", async () => {
  const service = await startService();
  Bun.spawnSync(["rm", "-r", service.logDir]);
  const { post, task } = legacyClient(service.url);
  await post({ name: "one", cmd: "echo hi", type: "once" });
  await until(
    async () => (await task("one")).last_time > 0 && (await task("one")).running === 0,
    "it has run",
  );
  expect(await service.stop()).toBe(0);
});
