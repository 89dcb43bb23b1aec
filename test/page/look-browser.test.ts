/** How the page looks, in Chromium: nothing is wider than the window, light and dark, wide and narrow. */
import { expect } from "bun:test";
import type { Page } from "playwright-core";
import { apiClient } from "../helpers/api-client.ts";
import { describeInChromium } from "./chromium.ts";
import { pageTest } from "./page-test.ts";
import { badgeOf, dialogOf, expand, fieldOf, fillNewTask, linesOf, openOutput, rowOf } from "./parts.ts";
import { keepScreenshot } from "./screenshots.ts";

const COLOURS = String.raw`for i in 31 32 33 34 35 36 90 91 92 93 94 95 96; do printf '\033[%smcolour %s\033[0m  ' $i $i; printf '\033[1;%smbold\033[0m\n' $i; done`;
/** Tasks in every state that there is, with short and long names and commands. */
const TASKS = [
  {
    name: "web",
    cmd: `seq -f 'GET /index.html 200 %g ms' 40; ${COLOURS}; exec sleep 1234`,
    type: "daemon",
    replica: 3,
  },
  { name: "redis", cmd: "exec sleep 1234", type: "daemon" },
  {
    name: "image-thumbnailer-of-the-uploads-service.europe-west",
    cmd: "exec sleep 1234 # --workers=8 --queue=uploads --formats=webp,avif,jpeg --log-format=json --verbose",
    type: "daemon",
    deps: [],
  },
  { name: "migrate", cmd: "true", type: "once" },
  { name: "report", cmd: "false", type: "once" },
  { name: "typo", cmd: "no-such-program-at-all --option", type: "once" },
  { name: "import", cmd: "exec sleep 1234", type: "once" },
  { name: "after-import", cmd: "true", type: "once", deps: ["import"] },
  { name: "backup", cmd: "./backup.sh", type: "cron", cron: "0 3 * * *" },
  { name: "newsletter", cmd: "./send.sh --all", type: "cron", cron: "*/15 8-18 * * 1-5" },
  { name: "flapping", cmd: "sleep 0.05; exit 3", type: "daemon", interval: 600_000 },
  { name: "größe", cmd: "kill -SEGV $$", type: "once" },
  { name: "script", cmd: "/no/such/file.ts", type: "coroutine" },
  { name: "paused", cmd: "exec sleep 1234", type: "daemon" },
];

/** Fails if something makes the page wider than its window. */
async function fits(page: Page): Promise<void> {
  const widths = await page.evaluate(() => ({
    needed: document.documentElement.scrollWidth,
    there: window.innerWidth,
  }));
  expect(widths.needed).toBeLessThanOrEqual(widths.there);
}

/** The lightness of the page's background, 0 for black and 255 for white. */
const lightness = (page: Page) =>
  page.evaluate(() => {
    const context = document.createElement("canvas").getContext("2d");
    if (context === null) throw new Error("There is no canvas");
    context.fillStyle = getComputedStyle(document.body).backgroundColor;
    context.fillRect(0, 0, 1, 1);
    const [red = 0, green = 0, blue = 0] = context.getImageData(0, 0, 1, 1).data;
    return (red + green + blue) / 3;
  });

async function define(origin: string): Promise<void> {
  const client = apiClient(origin);
  for (const task of TASKS) expect((await client.post("/tasks", task)).status).toBe(201);
  expect((await client.post("/tasks/paused/stop")).status).toBe(200);
}

async function seeAll(page: Page): Promise<void> {
  await rowOf(page, "typo").getByText("command not found").waitFor();
  await rowOf(page, "größe").getByText("SIGSEGV").waitFor();
  await badgeOf(page, "flapping", "backoff").waitFor();
  await badgeOf(page, "after-import", "waiting").waitFor();
  expect(await page.locator("tr.task").count()).toBe(TASKS.length);
}

describeInChromium("the look of the page", () => {
  for (const width of [1440, 390]) {
    for (const dark of [false, true]) {
      const name = `${width}-${dark ? "dark" : "light"}`;
      pageTest(`fits ${width} px, ${dark ? "dark" : "light"}`, async ({ open, service }) => {
        await define(service.url);
        const page = await open({ width, dark });
        await seeAll(page);
        expect((await lightness(page)) < 128).toBe(dark);
        await fits(page);
        await keepScreenshot(page, `list-${name}`, true);
        await expand(page, "web");
        await expand(page, "flapping");
        await fits(page);
        await keepScreenshot(page, `open-${name}`, true);
        await openOutput(page, "web");
        await linesOf(page).getByText("colour 96").last().waitFor();
        await fits(page);
        await keepScreenshot(page, `output-${name}`);
        await page.keyboard.press("Escape");
        await fillNewTask(page, { name: "nightly", cmd: "./backup.sh", type: "cron" });
        await fieldOf(page, "cron").getByRole("listitem").first().waitFor();
        await fits(page);
        await keepScreenshot(page, `new-${name}`);
        const log = dialogOf(page).locator("summary").filter({ hasText: "Log" });
        await log.click();
        await fits(page);
        await log.scrollIntoViewIfNeeded();
        await keepScreenshot(page, `new-log-${name}`);
        await page.keyboard.press("Escape");
        await dialogOf(page).waitFor({ state: "detached" });
      });
    }
  }

  pageTest("every control has a name that a screen reader can say", async ({ open, service }) => {
    await define(service.url);
    const page = await open();
    await seeAll(page);
    await expand(page, "web");
    const nameless = async () => {
      const tree = await page.locator("body").ariaSnapshot();
      return tree
        .split("\n")
        .filter((line) =>
          /- (button|link|textbox|searchbox|combobox|radio|checkbox|tab|table|dialog)( \[[^\]]*\])*:?$/.test(
            line,
          ),
        );
    };
    expect(await nameless()).toEqual([]);
    await fillNewTask(page, { name: "x", cmd: "x" });
    expect(await nameless()).toEqual([]);
    await page.keyboard.press("Escape");
    await openOutput(page, "web");
    await linesOf(page).first().waitFor();
    expect(await nameless()).toEqual([]);
  });
});
