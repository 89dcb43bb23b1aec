import { join } from "node:path";
import { expect, setDefaultTimeout, test } from "bun:test";
import { apiClient } from "../helpers/api-client.ts";
import { makeGate } from "../helpers/gate.ts";
import { legacyClient } from "../helpers/legacy-client.ts";
import { linesOf } from "../helpers/lines.ts";
import { linesWith } from "../helpers/log-lines.ts";
import { startService } from "../helpers/service.ts";
import { until } from "../helpers/until.ts";

setDefaultTimeout(20_000);
const EVERY_SECOND = "* * * * * *";

test("a schedule with seconds starts in its second, never before it", async () => {
  const service = await startService();
  const file = join(service.folder, "times");
  await legacyClient(service.url).post({
    name: "tick",
    cmd: `date +%s.%N >> ${file}`,
    type: "cron",
    cron: EVERY_SECOND,
  });
  const due = Date.parse((await apiClient(service.url).task("tick")).next_run_at ?? "") / 1000;
  expect(Number.isInteger(due)).toBe(true);
  await until(() => linesOf(file).length >= 3, "it has run three times");
  const seconds = linesOf(file)
    .slice(0, 3)
    .map((line) => Math.floor(Number(line)));
  expect(seconds).toEqual([due, due + 1, due + 2]);
});

test("a task that still runs at its time is not started twice, and the log says so", async () => {
  const service = await startService();
  const { post, task } = legacyClient(service.url);
  const gate = makeGate(service.folder);
  await post({ name: "slow", cmd: gate.wait, type: "cron", cron: EVERY_SECOND, replica: 2 });
  const skipped = () => linesWith(service.log(), /^Task slow is still running, not started again at /);
  await until(() => skipped().length >= 1, "a time has passed while it runs");
  expect(linesWith(service.log(), /^Cron Process \(slow:0\) start/)).toHaveLength(1);
  expect((await task("slow")).running).toBe(2);
  expect(skipped()[0]).toMatch(/ at \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/);
  gate.pass(2);
  await until(
    () => linesWith(service.log(), /^Cron Process \(slow:0\) start/).length === 2,
    "it is started at a later time",
  );
});

test("one replica that still runs holds the next start of all back", async () => {
  const service = await startService();
  const gate = makeGate(service.folder);
  const cmd = `[ "$MEPROC_INDEX" = 1 ] || ${gate.wait}`;
  await legacyClient(service.url).post({ name: "half", cmd, type: "cron", cron: EVERY_SECOND, replica: 2 });
  await until(() => service.log().includes("Task half is still running"), "a time has passed");
  expect(linesWith(service.log(), /^Cron Process \(half:1\) start/)).toHaveLength(1);
});

test("its start waits for deps, and is asked for once", async () => {
  const service = await startService();
  const { post, task } = legacyClient(service.url);
  const gate = makeGate(service.folder);
  await post({ name: "first", cmd: gate.wait, type: "once" });
  await until(async () => (await task("first")).running === 1, "the first runs");
  await post({ name: "tick", cmd: "sleep 600", type: "cron", cron: EVERY_SECOND, deps: ["first"] });
  await until(async () => (await task("tick")).run_flag, "its time has come and it waits");
  expect((await task("tick")).running).toBe(0);
  gate.open();
  await until(async () => (await task("tick")).running === 1, "it runs");
});

test("a failed run is told, and does not end the schedule", async () => {
  const service = await startService();
  await legacyClient(service.url).post({ name: "bad", cmd: "exit 3", type: "cron", cron: EVERY_SECOND });
  await until(
    () => linesWith(service.log(), /\(bad:0\) ended: exit code 3/).length >= 2,
    "it has failed twice",
  );
  const { state, next_run_at, last_run } = await apiClient(service.url).task("bad");
  expect({ state, result: last_run?.result }).toEqual({ state: "scheduled", result: "failed" });
  expect(next_run_at).not.toBeNull();
});

test("PUT stops the running one and leaves the schedule on", async () => {
  const service = await startService();
  const { post, put, task } = legacyClient(service.url);
  await post({ name: "slow", cmd: "sleep 600", type: "cron", cron: EVERY_SECOND });
  await until(async () => (await task("slow")).running === 1, "it runs");
  expect((await put("slow")).status).toBe(200);
  await until(() => linesWith(service.log(), /^Cron Process \(slow:0\) start/).length === 2, "it runs again");
});

test.each([["@daily"], ["@hourly"], ["0 3 * * MON-FRI"], ["*/5 * * * *"], ["0 0 29 2 *"], ["30 0 0 1 1 *"]])(
  "the schedule %s is one, and its next time lies ahead",
  async (cron) => {
    const service = await startService();
    await legacyClient(service.url).post({ name: "cron", cmd: "true", type: "cron", cron });
    const { next_run_at, state } = await apiClient(service.url).task("cron");
    expect(state).toBe("scheduled");
    expect(Date.parse(next_run_at ?? "")).toBeGreaterThan(Date.now());
  },
);
