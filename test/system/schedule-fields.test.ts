/** What `schedule` says, on the executable. Missed times are made by putting back what the service has noted while it is away. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { crash, nextService, runsOf, withDatabase } from "../faults/after-a-kill.ts";
import { apiClient } from "../helpers/api-client.ts";
import { makeGate } from "../helpers/gate.ts";
import { linesOf } from "../helpers/lines.ts";
import { type Service, startService } from "../helpers/service.ts";
import { until } from "../helpers/until.ts";

setDefaultTimeout(30_000);

const EVERY_SECOND = "* * * * * *";
const HOUR_MS = 3_600_000;

function clientOf(service: Service) {
  const client = apiClient(service.url);
  const ok = async (path: string, body?: object): Promise<void> => {
    const response = await client.post(path, body);
    if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
  };
  return {
    ...client,
    ok,
    define: (definition: object) => ok("/tasks", { name: "t", type: "cron", cmd: "true", ...definition }),
    open: async () => (await runsOf(service, "t")).filter(({ ended_at }) => ended_at === null),
    /** The reasons for which times were left out. */
    leftOut: async () => {
      const { facts } = (await client.task("t")) as unknown as { facts: { kind: string; reason: string }[] };
      return facts.filter(({ kind }) => kind === "schedule.skipped").map(({ reason }) => reason);
    },
  };
}

test("every_ms: at a fixed rate, counted from its definition", async () => {
  const service = await startService();
  const { define, task } = clientOf(service);
  await define({ every_ms: 300 });
  const created = Date.parse((await task("t")).created_at);
  const times = await until(async () => {
    const found = (await runsOf(service, "t")).map(({ scheduled_for }) => Date.parse(scheduled_for ?? ""));
    return found.length >= 3 && found.toReversed();
  }, "it has run three times");
  for (const time of times) expect((time - created) % 300).toBe(0);
  expect(new Set(times).size).toBe(times.length);
});

test("timezone: noon of the zone", async () => {
  const { define, task, ok } = clientOf(await startService());
  await define({ cron: "0 12 * * *", schedule: { timezone: "Asia/Tokyo" } });
  await ok("/tasks", {
    name: "u",
    type: "cron",
    cmd: "true",
    cron: "0 12 * * *",
    schedule: { timezone: "UTC" },
  });
  expect((await task("t")).next_run_at).toEndWith("T03:00:00.000Z");
  expect((await task("u")).next_run_at).toEndWith("T12:00:00.000Z");
});

describe("overlap, with a run that does not end", () => {
  const setUp = async (schedule: object) => {
    const service = await startService();
    const client = clientOf(service);
    const gate = makeGate(service.folder);
    await client.define({ cmd: gate.wait, cron: EVERY_SECOND, schedule });
    return { service, gate, ...client };
  };

  test("skip: its times are left out", async () => {
    const { leftOut, open, gate } = await setUp({ overlap: "skip" });
    await until(async () => (await leftOut()).length >= 2, "two times have passed");
    expect(new Set(await leftOut())).toEqual(new Set(["still running"]));
    expect(await open()).toHaveLength(1);
    gate.open();
  });

  test("queue: one waits, and comes when it has ended", async () => {
    const { service, leftOut, open, gate } = await setUp({ overlap: "queue" });
    await until(async () => (await leftOut()).length >= 1, "one waits, and another is left out");
    expect(await open()).toHaveLength(1);
    const [first] = await runsOf(service, "t");
    gate.open();
    const late = await until(async () => (await runsOf(service, "t")).at(-2), "the next has run");
    expect(Date.parse(late.scheduled_for ?? "") - Date.parse(first?.scheduled_for ?? "")).toBe(1000);
    expect(late.late_ms).toBeGreaterThan(900);
  });

  test("queue: too late by starting_deadline_ms, it is left out", async () => {
    const { leftOut, gate } = await setUp({ overlap: "queue", starting_deadline_ms: 100 });
    await until(
      async () => (await leftOut()).includes("still running"),
      "one waits, and another is left out",
    );
    gate.open();
    await until(async () => (await leftOut()).includes("too late"), "what waited is left out");
  });

  test("replace: it is stopped for the next", async () => {
    const { service, open, gate } = await setUp({ overlap: "replace" });
    const ended = await until(async () => {
      const found = (await runsOf(service, "t")).filter(({ ended_at }) => ended_at !== null);
      return found.length >= 2 && found;
    }, "two were stopped");
    expect(new Set(ended.map(({ result }) => result))).toEqual(new Set(["stopped"]));
    expect((await open()).length).toBeLessThanOrEqual(1);
    gate.open();
  });

  test("allow: another runs beside it, and a stop ends all of them", async () => {
    const { service, open, ok } = await setUp({ overlap: "allow" });
    await until(async () => (await open()).length >= 2, "two run");
    await ok("/tasks/t/stop");
    expect(await open()).toEqual([]);
    expect(service.descendants()).toEqual([]);
  });
});

describe("times that were missed", () => {
  test.each([
    [{ catch_up: "none" }, 0],
    [{ catch_up: "last" }, 1],
    [{ catch_up: "all", catch_up_limit: 3 }, 3],
  ])("%p", async (schedule, count) => {
    const service = await startService();
    // on a half hour that is not now, so that no time of its own comes in between
    const minute = (new Date().getUTCMinutes() + 30) % 60;
    await clientOf(service).define({ cron: `${minute} * * * *`, schedule });
    const plain = await nextAfter(service);
    const runs = await until(async () => {
      const found = await runsOf(plain, "t");
      return found.length >= count && found.every(({ ended_at }) => ended_at !== null) && found;
    }, "they are made up for");
    expect(runs.map(({ trigger }) => trigger)).toEqual(Array.from({ length: count }, () => "catch_up"));
    const times = runs.map(({ scheduled_for }) => Date.parse(scheduled_for ?? "")).toReversed();
    for (const [i, time] of times.entries()) expect(time - (times[0] ?? 0)).toBe(i * HOUR_MS);
    const last = Date.parse((await clientOf(plain).task("t")).next_run_at ?? "") - HOUR_MS;
    if (count > 0) expect(times.at(-1)).toBe(last);
    expect(plain.log()).toContain(`${count} made up for`);
  });

  /** The next service, to which ten hours have passed. */
  async function nextAfter(service: Service): Promise<Service> {
    await crash(service);
    withDatabase(service, (database) =>
      database.run("UPDATE tasks SET scheduled_at = scheduled_at - ?", [10 * HOUR_MS]),
    );
    return nextService(service);
  }

  test("a pause outlives the service; then they are made up for, and a run by hand needs no time", async () => {
    const service = await startService();
    const first = clientOf(service);
    await first.define({
      every_ms: 100,
      cmd: `echo x >> ${service.folder}/runs`,
      schedule: { catch_up: "last" },
    });
    await first.ok("/tasks/t/pause");
    const next = await nextAfter(service);
    const { ok, task } = clientOf(next);
    expect(await task("t")).toMatchObject({ desired: "paused", next_run_at: null });
    const before = linesOf(join(service.folder, "runs")).length;
    await ok("/tasks/t/run?wait=exited");
    expect(linesOf(join(service.folder, "runs"))).toHaveLength(before + 1);
    expect((await runsOf(next, "t"))[0]).toMatchObject({ trigger: "manual", scheduled_for: null });
    await ok("/tasks/t/resume");
    await until(
      async () => (await runsOf(next, "t")).some(({ trigger }) => trigger === "catch_up"),
      "one is made up for",
    );
  });
});

test("jitter_ms: put off by less than that, for the time that it is for", async () => {
  const service = await startService();
  await clientOf(service).define({ cron: EVERY_SECOND, schedule: { jitter_ms: 800 } });
  const runs = await until(async () => {
    const found = await runsOf(service, "t");
    return found.length >= 3 && found;
  }, "it has run three times");
  for (const { scheduled_for } of runs) expect(scheduled_for).toEndWith(".000Z");
  const late = runs.map(({ late_ms }) => late_ms ?? -1);
  expect(Math.min(...late)).toBeGreaterThanOrEqual(0);
  expect(new Set(late).size).toBeGreaterThan(1);
});

test("timeout_ms, retries and retry_delay_ms: too long is a failure, which is repeated", async () => {
  const service = await startService();
  const { define, ok } = clientOf(service);
  const schedule = { timeout_ms: 150, retries: 2, retry_delay_ms: 100 };
  await define({ cmd: "sleep 600 & sleep 600", cron: "@yearly", schedule });
  await ok("/tasks/t/run?wait=exited");
  const runs = (await runsOf(service, "t")).toReversed();
  expect(runs.map(({ result, trigger }) => [result, trigger])).toEqual([
    ["timeout", "manual"],
    ["timeout", "restart"],
    ["timeout", "restart"],
  ]);
  expect(service.descendants()).toEqual([]);
});
