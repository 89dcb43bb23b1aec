/** Webhooks and mail in their dialog, in Chromium, on the executable. */
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { type Service, startService } from "../helpers/service.ts";
import { serveHooks } from "../notify/hook-server.ts";
import { describeInChromium, open } from "./chromium.ts";
import { button, createTask, dialogOf, focused } from "./parts.ts";
import { pageTest } from "./page-test.ts";
import { keepScreenshot } from "./screenshots.ts";

const configOf = (url: string) => `
[[webhooks]]
name = "chat"
url = "${url}"
events = ["task.created"]
retry = { attempts = 1 }
`;

const tokenOf = ({ dataDir }: Service) => readFileSync(join(dataDir, "token"), "utf8").trim();
const chatIn = (page: Page) => dialogOf(page).getByRole("region", { name: "chat" });
const lettersIn = (page: Page) =>
  chatIn(page).getByRole("list", { name: "Dead letters of chat" }).getByRole("listitem");

describeInChromium("webhooks in Chromium", () => {
  test("are listed, tested, and sent again what they did not take", async () => {
    const hooks = serveHooks(() => 500);
    const service = await startService({ config: configOf(hooks.url) });
    const { page, complaints } = await open(service.url);
    await createTask(page, { name: "web", cmd: "sleep 1000" });
    await button(page, "Webhooks and mail").click();
    const chat = chatIn(page);
    await chat.getByText(`webhook to ${new URL(hooks.url).origin}`).waitFor();
    await chat.getByText("failing", { exact: true }).waitFor();
    await lettersIn(page).filter({ hasText: "it answers 500" }).waitFor();
    expect(await lettersIn(page).count()).toBe(1);
    await keepScreenshot(page, "webhooks");

    await button(page, "Test chat").click();
    await dialogOf(page)
      .getByRole("alert")
      .getByText("The test of chat was not taken: it answers 500")
      .waitFor();

    hooks.mood = () => 200;
    await button(page, "Test chat").click();
    await dialogOf(page).getByRole("status").getByText("The test of chat was taken (200)").waitFor();

    await lettersIn(page).getByRole("button", { name: "Retry" }).click();
    await dialogOf(page).getByRole("status").getByText("The message to chat waits again").waitFor();
    await lettersIn(page).waitFor({ state: "detached" });
    expect(await focused(page)).toBe("Test chat");
    await chat.getByText("nothing waits, 1 delivered").waitFor();
    await chat.getByText("delivers", { exact: true }).waitFor();
    expect(hooks.got.filter(({ taken }) => taken).map(({ event }) => event)).toEqual([
      "test",
      "task.created",
    ]);
    expect(complaints).toEqual([]);
  }, 60_000);

  test("fit a dark phone; what cannot be read is said, and read again when asked", async () => {
    const service = await startService({ args: ["--auth", "token"], config: configOf("http://127.0.0.1:1") });
    const path = `/#token=${tokenOf(service)}`;
    const { page } = await open(service.url, { width: 390, dark: true, path });
    await createTask(page, { name: "web", cmd: "sleep 1000" });
    await button(page, "Webhooks and mail").waitFor();
    const scrolls = () => page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
    expect(await scrolls()).toBe(false);
    await keepScreenshot(page, "webhooks-phone-head");
    await button(page, "Webhooks and mail").click();
    await lettersIn(page).waitFor();
    expect(await scrolls()).toBe(false);
    await keepScreenshot(page, "webhooks-phone-dark");
    await button(page, "Close").click();

    await page.route("**/api/v1/webhooks", (route) =>
      route.fulfill({ status: 500, json: { title: "Broken", status: 500, code: "internal" } }),
    );
    await button(page, "Webhooks and mail").click();
    await dialogOf(page).getByRole("alert").getByText("The webhooks could not be read. Broken").waitFor();
    await page.unroute("**/api/v1/webhooks");
    await button(page, "Try again").click();
    await lettersIn(page).waitFor();
    await dialogOf(page).getByText("could not be read").waitFor({ state: "detached" });
  }, 60_000);

  test("are shown to a viewer without what sends", async () => {
    const service = await startService({
      args: ["--auth", "token"],
      config: configOf("http://127.0.0.1:1"),
    });
    const admin = tokenOf(service);
    const call = (path: string, body: unknown) =>
      fetch(`${service.url}/api/v1${path}`, {
        method: "POST",
        headers: { authorization: `Bearer ${admin}` },
        body: JSON.stringify(body),
      });
    await call("/tasks", { name: "web", cmd: "sleep 1000", type: "daemon" });
    const made = await call("/tokens", { name: "vera", role: "viewer" });
    const { token } = (await made.json()) as { token: string };
    const { page } = await open(service.url, { path: `/#token=${token}`, tolerated: /401/ });
    await button(page, "Webhooks and mail").click();
    await lettersIn(page).waitFor();
    expect(
      await dialogOf(page)
        .getByRole("button", { name: /Test|Retry/ })
        .count(),
    ).toBe(0);
  }, 60_000);

  pageTest("are not spoken of where there are none", async ({ open: openPage }) => {
    const page = await openPage();
    const answered = page.waitForResponse("**/api/v1/webhooks");
    await page.reload();
    await (await answered).finished();
    await page.getByText("No task yet").waitFor();
    expect(await button(page, "Webhooks and mail").count()).toBe(0);
  });
});
