/** What a person does with tasks, in Chromium, on the executable. */
import { expect } from "bun:test";
import { apiClient } from "../helpers/api-client.ts";
import { makeGate } from "../helpers/gate.ts";
import { legacyClient } from "../helpers/legacy-client.ts";
import { isAlive, procFile } from "../helpers/processes.ts";
import { until } from "../helpers/until.ts";
import { describeInChromium } from "./chromium.ts";
import { pageTest } from "./page-test.ts";
import {
  badgeOf,
  button,
  createTask,
  dialogOf,
  expand,
  fieldOf,
  fillNewTask,
  focused,
  problemOf,
  processesOf,
  rowOf,
  textOf,
} from "./parts.ts";
import { keepScreenshot } from "./screenshots.ts";

/** The browser's own line about an answer that is no success; the test brings it about. */
const REFUSED = /^Failed to load resource: the server responded with a status of 400/;

describeInChromium("tasks in Chromium", () => {
  pageTest(
    "a task that is created through the form runs, and its row shows the process",
    async ({ open }) => {
      const page = await open();
      await page.getByText("No task yet").waitFor();
      await createTask(page, { name: "sleeper", cmd: "exec sleep 1234", type: "daemon" });
      await badgeOf(page, "sleeper", "running").waitFor();
      await page.getByText("Created sleeper").waitFor();
      await expand(page, "sleeper");
      const [shown, ...others] = await processesOf(page, "sleeper");
      expect(others).toEqual([]);
      expect(shown).toMatchObject({ alias: "sleeper:0", state: "running" });
      expect(procFile(shown?.pid ?? 0, "cmdline")).toBe("sleep\x001234\0");
      await page.getByText("1 process running").waitFor();
    },
  );

  pageTest("every field of the form reaches the service", async ({ open, service }) => {
    const page = await open();
    await createTask(page, { name: "first", cmd: "exec sleep 1234", type: "once" });
    await fillNewTask(page, {
      name: "second",
      cmd: "exec sleep 1234",
      type: "daemon",
      fields: { replica: "2", interval: "50", deps: "first," },
    });
    await fieldOf(page, "deps").getByRole("button", { name: "Take out first" }).waitFor();
    await button(page, "Create task").click();
    await badgeOf(page, "second", "waiting").waitFor();
    await rowOf(page, "second").getByText("for first").waitFor();
    const { second } = (await legacyClient(service.url).list()).tasks;
    expect(second).toMatchObject({
      type: "daemon",
      replica: 2,
      interval: 50,
      deps: ["first"],
      run_flag: true,
    });
  });

  pageTest("what is folded away reaches the service too, and env as lines", async ({ open, service }) => {
    const page = await open();
    await fillNewTask(page, { name: "careful", cmd: "exec sleep 1234", type: "daemon" });
    await fieldOf(page, "env").locator("textarea").fill("GREETING=hello = you\nEMPTY=");
    await page.locator("summary").getByText("Stop", { exact: true }).click();
    await fieldOf(page, "stop/timeout_ms").locator("input").fill("4000");
    await page.locator("summary").getByText("More", { exact: true }).click();
    await fieldOf(page, "description").locator("input").fill("Sleeps with care");
    await button(page, "Create task").click();
    await badgeOf(page, "careful", "running").waitFor();
    const task = await apiClient(service.url).task("careful");
    expect(task).toMatchObject({
      description: "Sleeps with care",
      stop: { timeout_ms: 4000 },
      env: { GREETING: "***", EMPTY: "***" },
    });
    const environment = procFile(task.instances[0]?.pid ?? 0, "environ").split("\0");
    expect(environment).toContain("GREETING=hello = you");
  });

  pageTest(
    "a schedule is paused, resumed and run now; a task is reloaded and scaled",
    async ({ open, service }) => {
      const api = apiClient(service.url);
      await api.post("/tasks", { name: "nightly", cmd: "true", type: "cron", cron: "0 3 1 1 *" });
      await api.post("/tasks", {
        name: "web",
        cmd: "trap 'echo again' HUP; while :; do sleep 0.1; done",
        type: "daemon",
        reload: { signal: "SIGHUP" },
      });
      const page = await open();
      await expand(page, "nightly");
      await page.getByText(/^It is on its schedule and runs next at/).waitFor();
      await button(page, "Pause nightly").click();
      await page.getByText("It is paused, until somebody resumes its schedule.").waitFor();
      await button(page, "Run now nightly").click();
      await page.getByText("Ran nightly").waitFor();
      await button(page, "Resume nightly").click();
      await button(page, "Pause nightly").waitFor();
      expect((await api.task("nightly")).last_run).toMatchObject({ result: "succeeded" });
      await expand(page, "web");
      await button(page, "Reload web").click();
      await page.getByText("Reloaded web").waitFor();
      await button(page, "One replica of web more").click();
      await page.getByText("Scaled web").waitFor();
      await until(async () => (await processesOf(page, "web")).length === 2, "two processes");
      await keepScreenshot(page, "more-actions");
    },
  );

  pageTest("restart replaces the process", async ({ open }) => {
    const page = await open();
    await createTask(page, { name: "sleeper", cmd: "exec sleep 1234", type: "daemon" });
    await expand(page, "sleeper");
    const before = await until(async () => (await processesOf(page, "sleeper"))[0]?.pid || null, "a pid");
    await button(page, "Restart sleeper").click();
    await page.getByText("Restarted sleeper").waitFor();
    const after = await until(async () => {
      const pid = (await processesOf(page, "sleeper"))[0]?.pid;
      return pid !== undefined && pid > 0 && pid !== before ? pid : null;
    }, "another pid");
    expect(isAlive(before)).toBe(false);
    expect(isAlive(after)).toBe(true);
  });

  pageTest("stop and start leave the task where it is", async ({ open }) => {
    const page = await open();
    await createTask(page, { name: "sleeper", cmd: "exec sleep 1234", type: "daemon" });
    await button(page, "Stop sleeper").click();
    await badgeOf(page, "sleeper", "stopped").waitFor();
    await button(page, "Start sleeper").click();
    await badgeOf(page, "sleeper", "running").waitFor();
  });

  pageTest("remove asks first, and then the task and its process are gone", async ({ open }) => {
    const page = await open();
    await createTask(page, { name: "sleeper", cmd: "exec sleep 1234", type: "daemon" });
    await expand(page, "sleeper");
    const pid = await until(async () => (await processesOf(page, "sleeper"))[0]?.pid || null, "a pid");
    await button(page, "Remove sleeper").click();
    await dialogOf(page).getByText("Its process is stopped").waitFor();
    expect(await focused(page)).toBe("Keep it");
    await keepScreenshot(page, "remove");
    await button(page, "Keep it").click();
    expect(await rowOf(page, "sleeper").count()).toBe(1);
    expect(isAlive(pid)).toBe(true);
    await button(page, "Remove sleeper").click();
    await dialogOf(page).getByRole("button", { name: "Remove", exact: true }).click();
    await rowOf(page, "sleeper").waitFor({ state: "detached" });
    expect(isAlive(pid)).toBe(false);
    await page.getByText("No task yet").waitFor();
  });

  pageTest("several replicas have a process each, and the row counts them", async ({ open }) => {
    const page = await open();
    await createTask(page, {
      name: "group",
      cmd: "exec sleep 1234",
      type: "daemon",
      fields: { replica: "3", interval: "1" },
    });
    await rowOf(page, "group").locator(".replicas").getByText("3 of /3").waitFor();
    await expand(page, "group");
    const shown = await processesOf(page, "group");
    expect(shown.map(({ alias }) => alias)).toEqual(["group:0", "group:1", "group:2"]);
    expect(new Set(shown.map(({ pid }) => pid)).size).toBe(3);
    expect(shown.every(({ pid }) => isAlive(pid))).toBe(true);
  });

  pageTest("what happens without the page is shown by itself", async ({ open, service, folder }) => {
    const page = await open();
    await page.getByText("No task yet").waitFor();
    const gate = makeGate(folder);
    const client = legacyClient(service.url);
    await client.post({ name: "other", cmd: `${gate.wait}; exit 7`, type: "once" });
    await badgeOf(page, "other", "running").waitFor();
    gate.open();
    await badgeOf(page, "other", "exited").waitFor();
    await rowOf(page, "other").getByText("exit code 7").waitFor();
    await client.remove("other");
    await rowOf(page, "other").waitFor({ state: "detached" });
  });

  pageTest("a command that cannot be found is shown as such", async ({ open }) => {
    const page = await open();
    await createTask(page, { name: "typo", cmd: "no-such-program-at-all", type: "once" });
    await rowOf(page, "typo").getByText("command not found").waitFor();
  });

  pageTest("the service's words stand beside the field that they are about", async ({ open }) => {
    const page = await open({ tolerated: REFUSED });
    await fillNewTask(page, { name: ".bad", cmd: "true", type: "cron", fields: { cron: "61 * * * *" } });
    await button(page, "Create task").click();
    await problemOf(page, "name").getByText("not starting with . or -").waitFor();
    await problemOf(page, "cron").getByText("minute is out of range").waitFor();
    expect(await textOf(problemOf(page, "cmd"))).toBe("");
    await keepScreenshot(page, "refused");
    const name = fieldOf(page, "name").locator("input");
    expect(await name.getAttribute("aria-invalid")).toBe("true");
    expect(await name.evaluate((element) => element === document.activeElement)).toBe(true);
    await name.fill("good");
    expect(await textOf(problemOf(page, "name"))).toBe("");
    await fieldOf(page, "cron").locator("input").fill("@daily");
    await button(page, "Create task").click();
    await badgeOf(page, "good", "scheduled").waitFor();
  });

  pageTest("the next three times are shown while a schedule is typed", async ({ open }) => {
    const page = await open();
    await fillNewTask(page, { name: "x", cmd: "true", type: "cron" });
    const cron = fieldOf(page, "cron");
    await cron.getByText("Next times, in UTC:").waitFor();
    await cron.locator("input").fill("*/5 * * *");
    await cron.getByText("expected five fields").waitFor({ state: "visible" });
    expect(await cron.getByRole("listitem").count()).toBe(0);
    await cron.locator("input").fill("*/5 * * * *");
    await cron.getByRole("listitem").first().waitFor();
    const times = await cron.locator("li time").evaluateAll((all) => {
      return all.map((time) => Date.parse(time.getAttribute("datetime") ?? ""));
    });
    expect(times.map((time) => time % 300_000)).toEqual([0, 0, 0]);
    expect(times.map((time) => time - (times[0] ?? 0))).toEqual([0, 300_000, 600_000]);
  });
});
