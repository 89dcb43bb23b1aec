/** What goes on around the tasks, in Chromium: the service goes and comes back; the keyboard alone is enough. */
import { expect } from "bun:test";
import { startService } from "../helpers/service.ts";
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
  lineOf,
  openOutput,
  processesOf,
  rowOf,
} from "./parts.ts";
import { keepScreenshot } from "./screenshots.ts";

/** The browser's own lines about a service that is not there; the test brings it about. */
const AWAY = /^Failed to load resource: net::ERR_/;
const CONFIG = `
[[tasks]]
name = "kept"
cmd = "echo I am $$; exec sleep 1234"
type = "daemon"
`;

describeInChromium("the frame of the page", () => {
  pageTest(
    "a service that goes away is missed, and found again when it is back",
    async ({ open, service, folder }) => {
      const page = await open({ tolerated: AWAY });
      await badgeOf(page, "kept", "running").waitFor();
      await expand(page, "kept");
      const before = await until(async () => (await processesOf(page, "kept"))[0]?.pid || null, "a pid");
      expect(await service.stop()).toBe(0);
      const banner = page.getByRole("alert").getByText("The service is away");
      await banner.waitFor();
      expect(await rowOf(page, "kept").count()).toBe(1);
      await keepScreenshot(page, "away");
      const again = await startService({ folder, port: service.port, config: CONFIG });
      expect(again.url).toBe(service.url);
      await banner.waitFor({ state: "detached" });
      const after = await until(async () => {
        const pid = (await processesOf(page, "kept"))[0]?.pid;
        return pid !== undefined && pid > 0 && pid !== before ? pid : null;
      }, "another pid");
      await openOutput(page, "kept");
      await lineOf(page, `I am ${after}`).waitFor();
    },
    { config: CONFIG },
  );

  pageTest(
    "output that is open goes on when the service is back",
    async ({ open, service, folder }) => {
      const page = await open({ tolerated: AWAY });
      await badgeOf(page, "kept", "running").waitFor();
      await openOutput(page, "kept");
      await page.locator(".line").waitFor();
      expect(await page.locator(".line").count()).toBe(1);
      expect(await service.stop()).toBe(0);
      await page.getByRole("alert").getByText("The service is away").waitFor();
      await startService({ folder, port: service.port, config: CONFIG });
      await until(async () => (await page.locator(".line").count()) === 2, "the new process's line is shown");
    },
    { config: CONFIG },
  );

  pageTest("the keyboard alone creates, opens, reads and removes a task", async ({ open }) => {
    const page = await open();
    await page.getByText("No task yet").waitFor();
    await button(page, "New task").focus();
    await page.keyboard.press("Enter");
    await fieldOf(page, "name").locator("input").waitFor();
    await page.keyboard.type("typed");
    await page.keyboard.press("Tab");
    await page.keyboard.type("exec sleep 1234");
    await page.keyboard.press("Tab");
    await page.keyboard.press("ArrowRight");
    await fieldOf(page, "interval").waitFor();
    await page.keyboard.press("Control+Enter");
    await badgeOf(page, "typed", "running").waitFor();
    await dialogOf(page).waitFor({ state: "detached" });
    expect(await focused(page)).toBe("New task");
    await rowOf(page, "typed").getByRole("button", { name: "typed", exact: true }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("table", { name: "Processes of typed" }).waitFor();
    await page.keyboard.press("Tab");
    expect(await focused(page)).toBe("Output of typed");
    await page.keyboard.press("Enter");
    await dialogOf(page).waitFor();
    await page.keyboard.press("Escape");
    await dialogOf(page).waitFor({ state: "detached" });
    expect(await focused(page)).toBe("Output of typed");
    for (let i = 0; i < 3; i++) await page.keyboard.press("Tab");
    expect(await focused(page)).toBe("Remove typed");
    await page.keyboard.press("Enter");
    await dialogOf(page).waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await rowOf(page, "typed").waitFor({ state: "detached" });
  });

  pageTest("Escape closes the form, gives the focus back and keeps what was typed", async ({ open }) => {
    const page = await open();
    await page.getByText("No task yet").waitFor();
    await fillNewTask(page, { name: "draft", cmd: "true" });
    await page.keyboard.press("Escape");
    await dialogOf(page).waitFor({ state: "detached" });
    expect(await focused(page)).toBe("New task");
    await button(page, "New task").click();
    expect(await fieldOf(page, "name").locator("input").inputValue()).toBe("draft");
  });

  pageTest("the focus stays inside a dialog that is open", async ({ open }) => {
    const page = await open();
    await createTask(page, { name: "sleeper", cmd: "exec sleep 1234", type: "daemon" });
    await button(page, "Remove sleeper").click();
    await dialogOf(page).waitFor();
    for (let i = 0; i < 8; i++) {
      await page.keyboard.press("Tab");
      const outside = await page.evaluate(() => {
        return document.querySelector("main")?.contains(document.activeElement) ?? true;
      });
      expect(outside).toBe(false);
    }
  });

  pageTest("the title counts the problems and names the host", async ({ open }) => {
    const page = await open();
    await createTask(page, { name: "bad", cmd: "false", type: "once" });
    await until(async () => /^\(1\) Meproc · \S+$/.test(await page.title()), "the title counts one problem");
  });
});
