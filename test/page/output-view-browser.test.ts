/** The output view in Chromium, before a service whose output is what the test says. */
import { expect, test } from "bun:test";
import type { Page } from "playwright-core";
import type { OutputLine, Run, Task } from "../../public/api/types.ts";
import { until } from "../helpers/until.ts";
import { describeInChromium, open, type OpenOptions } from "./chromium.ts";
import { type FakeService, fakeService } from "./fake-service.ts";
import { button, dialogOf, focused, lineOf, linesOf, openOutput, searchOutput, textOf } from "./parts.ts";
import { keepScreenshot } from "./screenshots.ts";
import { anInstance } from "./tasks.ts";

const TIMEOUT_MS = 60_000;
const START = Date.parse("2026-11-22T12:00:00Z");
const PAIR = { replica: 2, instances: [anInstance(), anInstance({ index: 1, alias: "web:1" })] };
/** The browser's own line about an answer that is a refusal. */
const REFUSED = /^Failed to load resource: the server responded with a status of 4/;

type Body = (page: Page, fake: FakeService) => Promise<void>;
type Setup = { task?: Partial<Task>; lines?: readonly OutputLine[]; how?: OpenOptions };

/** Opens the output of the one task; fails also if the page has complained. */
function viewTest(name: string, body: Body, { task, lines = [], how }: Setup = {}): void {
  test(
    name,
    async () => {
      const fake = await fakeService(task);
      fake.lines.push(...lines);
      const { page, complaints } = await open(fake.url, how);
      await openOutput(page, "web");
      await body(page, fake);
      expect(complaints).toEqual([]);
    },
    TIMEOUT_MS,
  );
}

const at = (ms: number) => new Date(START + ms).toISOString();
const aLine = (text: string, change: Partial<OutputLine> = {}): OutputLine => ({
  time: at(0),
  stream: "stdout",
  run: "run-1",
  replica: 0,
  text,
  ...change,
});
const aRun = (id: string): Run => ({
  id,
  index: 0,
  alias: "web:0",
  started_at: at(0),
  ended_at: null,
  result: null,
  exit_code: null,
  exit_signal: null,
});
const numbered = (count: number, time: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => aLine(`line ${i}`, { time: time(i) }));
const texts = (page: Page) => linesOf(page).allTextContents();
const scrollTo = (page: Page, top: number) =>
  page
    .locator(".lines")
    .last()
    .evaluate((box, to) => box.scrollTo(0, to), top);

describeInChromium("the output view", () => {
  viewTest(
    "shows all replicas by time, each with its name, and one alone without",
    async (page, fake) => {
      await lineOf(page, "from one").waitFor();
      expect(await texts(page)).toEqual(["web:0from nought", "web:1from one"]);
      fake.write(aLine("", { replica: 1 }), "more from one\n");
      await lineOf(page, "more from one").waitFor();
      await page.getByRole("tab", { name: "web:0" }).click();
      await until(async () => (await texts(page)).join() === "from nought", "only one replica is shown");
      await page.keyboard.press("ArrowLeft");
      await lineOf(page, "more from one").waitFor();
      expect(await textOf(page.getByRole("tab", { selected: true }))).toBe("All");
    },
    { task: PAIR, lines: [aLine("from nought"), aLine("from one", { replica: 1 })] },
  );

  viewTest(
    "marks stderr, and shows what is missing as lines of their own",
    async (page, fake) => {
      await lineOf(page, "wrong").waitFor();
      const content = (text: string) =>
        lineOf(page, text).evaluate((line) => getComputedStyle(line, "::before").content);
      expect(await content("wrong")).toBe('"" / "stderr"');
      expect(await content("fine")).toBe("none");
      fake.gap(0, 1_234_567);
      fake.write(aLine("", { stream: "meproc", run: null }), "… 12 bytes lost: No space left on device\n");
      await page.getByText("1.2 MB are left out here").waitFor();
      await lineOf(page, "… 12 bytes lost: No space left on device").waitFor();
      expect(await linesOf(page).count()).toBe(4);
    },
    { lines: [aLine("fine"), aLine("wrong", { stream: "stderr" })] },
  );

  viewTest(
    "shows output as text, whatever it looks like",
    async (page) => {
      await lineOf(page, "<img src=x onerror=alert(1)> javascript:alert(2)").waitFor();
      expect(await linesOf(page).locator("img, a, script").count()).toBe(0);
    },
    { lines: [aLine("<img src=x onerror=alert(1)> \u001b]8;;javascript:alert(2)\u0007javascript:alert(2)")] },
  );

  viewTest(
    "shows times when asked to, with UTC beside them",
    async (page) => {
      await lineOf(page, "hello").waitFor();
      expect(await page.locator("time.at").count()).toBe(0);
      await page.getByLabel("Times").check();
      const time = page.locator("time.at");
      expect(await textOf(time)).toEndWith("12:00:01.042");
      expect(await time.getAttribute("title")).toBe("2026-11-22T12:00:01.042Z (UTC)");
    },
    { lines: [aLine("hello", { time: at(1042) })] },
  );

  viewTest(
    "reads earlier lines when somebody scrolls up, without a gap, although many share a time",
    async (page) => {
      await lineOf(page, "line 4999").waitFor();
      expect(await linesOf(page).count()).toBe(1000);
      await until(async () => {
        await scrollTo(page, 0);
        return (await page.locator(".beyond").count()) === 0;
      }, "everything is shown");
      expect(await texts(page)).toEqual(Array.from({ length: 5000 }, (_, i) => `line ${i}`));
    },
    { lines: numbered(5000, (i) => at(Math.floor(i / 1500))) },
  );

  viewTest(
    "searches everything that is kept, counts, marks, and leads to what stands around a line",
    async (page, fake) => {
      await lineOf(page, "line 2999").waitFor();
      await searchOutput(page, "LINE 1.5");
      await dialogOf(page).getByText("No line matches.").waitFor();
      await button(page, "Regular expression").click();
      await dialogOf(page).getByText("110 lines match").waitFor();
      expect(await page.locator("mark").last().textContent()).toBe("line 195");
      await button(page, "Match case").click();
      await dialogOf(page).getByText("No line matches.").waitFor();
      await button(page, "Match case").click();
      const around = page.getByRole("button", { name: /^Show what stands around the line/ });
      await around.nth(7).waitFor();
      expect(await linesOf(page).nth(7).textContent()).toBe("line 175");
      await around.nth(7).click();
      await page.locator("[data-marked]").waitFor();
      const above = page.locator(".pane-above .line");
      expect(await textOf(page.locator("[data-marked]"))).toBe("line 175");
      expect((await above.allTextContents()).slice(174, 177)).toEqual(["line 174", "line 175", "line 176"]);
      expect(await focused(page)).toBe("Output");
      await until(async () => {
        await scrollTo(page, 1_000_000);
        return (await above.count()) === 3000;
      }, "later lines are read too");
      await button(page, "Back to the results").click();
      expect(await focused(page)).toStartWith("Show what stands around the line");
      await button(page, "Follow the newest").click();
      await lineOf(page, "line 2999").waitFor();
      fake.write(aLine(""), "new\n");
      await lineOf(page, "new").waitFor();
    },
    { lines: numbered(3000, at) },
  );

  viewTest(
    "says why a search did not work",
    async (page, fake) => {
      fake.searchProblem = {
        title: "Invalid",
        status: 400,
        code: "invalid",
        errors: [{ path: "/grep", message: "expected a regular expression: Unterminated group" }],
      };
      await button(page, "Regular expression").click();
      await searchOutput(page, "(");
      await page.getByRole("alert").getByText("Unterminated group").waitFor();
      fake.searchProblem = {
        title: "Timeout",
        status: 408,
        code: "timeout",
        detail: "The search took longer than 10 s",
      };
      await searchOutput(page, "(a+)+b");
      await page.getByRole("alert").getByText("The search took longer than 10 s").waitFor();
      fake.searchProblem = null;
      await button(page, "Try again").click();
      await dialogOf(page).getByText("No line matches.").waitFor();
    },
    { how: { tolerated: REFUSED } },
  );

  viewTest(
    "restricts by stream, run and time, says how many do, and takes them back",
    async (page, fake) => {
      await lineOf(page, "three").waitFor();
      fake.runs = [aRun("run-2"), aRun("run-1")];
      await button(page, "Filter").click();
      await page.getByLabel("Stream").selectOption("stderr");
      await until(async () => (await texts(page)).join() === "two", "only stderr is shown");
      await page.getByLabel("Stream").selectOption("");
      await page.getByLabel("Run", { exact: true }).selectOption({ index: 1 });
      await until(async () => (await texts(page)).join() === "three", "only the one run is shown");
      await page.getByLabel("Run", { exact: true }).selectOption("");
      await page.getByLabel("From").fill("2026-11-22T12:00:02");
      await page.getByLabel("Until").fill("2026-11-22T12:00:03");
      await dialogOf(page).getByText("What was written from 22 Nov 2026, 12:00:02 UTC").waitFor();
      await until(async () => (await texts(page)).join() === "two", "only that second is shown");
      expect(fake.asked.at(-1)).toContain("since=2026-11-22T12%3A00%3A02.000Z");
      expect(await textOf(page.locator(".count"))).toBe("2");
      await button(page, "Reset").click();
      await lineOf(page, "three").waitFor();
      expect(await texts(page)).toEqual(["one", "two", "three"]);
    },
    {
      lines: [
        aLine("one", { time: at(1000) }),
        aLine("two", { time: at(2000), stream: "stderr" }),
        aLine("three", { time: at(3000), run: "run-2" }),
      ],
    },
  );

  viewTest(
    "offers the files with their sizes, and what is shown as text",
    async (page, fake) => {
      fake.files = [1, 2].map((n) => ({
        name: `web:0-2026-11-22.${n}.log.zst`,
        alias: "web:0",
        day: "2026-11-22",
        size_bytes: 1_500_000 * n,
        compressed: true,
        open: false,
        modified_at: at(0),
      }));
      await page.getByLabel("Times").check();
      await button(page, "Download").click();
      const rows = page.getByRole("table", { name: "Files" }).locator("tbody tr");
      await rows.first().waitFor();
      expect(await rows.allTextContents()).toEqual([
        expect.stringContaining("web:0-2026-11-22.2.log.zst3.0 MB"),
        expect.stringContaining("web:0-2026-11-22.1.log.zst1.5 MB"),
      ]);
      expect(await rows.getByRole("link").first().getAttribute("href")).toBe(
        "/api/v1/tasks/web/output/files/web%3A0-2026-11-22.2.log.zst",
      );
      const [download] = await Promise.all([
        page.waitForEvent("download"),
        button(page, "What is shown").click(),
      ]);
      expect(await Bun.file(await download.path()).text()).toBe("2026-11-22T12:00:00.000Z red\n");
    },
    { lines: [aLine("\u001b[31mred\u001b[0m")] },
  );

  viewTest(
    "clears only when that is confirmed, and goes on with what comes",
    async (page, fake) => {
      await lineOf(page, "old").waitFor();
      await button(page, "Clear the output").click();
      await page.getByText("Clear the output of web?").waitFor();
      await page.keyboard.press("Escape");
      await page.getByText("Clear the output of web?").waitFor({ state: "detached" });
      expect(await dialogOf(page).count()).toBe(1);
      expect(await lineOf(page, "old").count()).toBe(1);
      await button(page, "Clear the output").click();
      await button(page, "Clear").click();
      await dialogOf(page).getByText("No output yet").waitFor();
      expect(fake.asked).toContain("DELETE ");
      fake.write(aLine(""), "new\n");
      await lineOf(page, "new").waitFor();
      expect(await texts(page)).toEqual(["new"]);
    },
    { lines: [aLine("old")] },
  );

  viewTest(
    "keeps few lines of a flood, and the newest of them",
    async (page, fake) => {
      await lineOf(page, "first").waitFor();
      for (let i = 0; i < 40; i++) {
        const flood = Array.from({ length: 2500 }, (_, n) => `${i} ${n} ${"x".repeat(50)}\n`).join("");
        fake.write(aLine(""), flood);
      }
      fake.write(aLine(""), "last\n");
      await lineOf(page, "last").waitFor();
      expect(await linesOf(page).count()).toBeLessThan(6000);
      await button(page, "Load earlier").waitFor();
    },
    { lines: [aLine("first")] },
  );

  test(
    "says what the service says when it refuses, and reads again when asked to",
    async () => {
      const fake = await fakeService();
      fake.lines.push(aLine("hello"));
      fake.problem = { title: "Gone wrong", status: 409, code: "conflict", detail: "The disk is elsewhere" };
      const { page } = await open(fake.url);
      await openOutput(page, "web");
      await page.getByRole("alert").getByText("The disk is elsewhere").waitFor();
      fake.problem = null;
      await button(page, "Try again").click();
      await lineOf(page, "hello").waitFor();
      fake.removeTask();
      await page.getByText("The task was removed; nothing more comes.").waitFor();
      expect(await lineOf(page, "hello").count()).toBe(1);
    },
    TIMEOUT_MS,
  );

  for (const width of [1440, 390]) {
    for (const dark of [false, true]) {
      const name = `${width}-${dark ? "dark" : "light"}`;
      viewTest(
        `fits ${width} px, ${dark ? "dark" : "light"}`,
        async (page, fake) => {
          const fits = async (what: string) => {
            const [needed = 0, there = 0] = await dialogOf(page).evaluate((dialog) => [
              Math.max(dialog.scrollWidth, ...[...dialog.children].map((part) => part.scrollWidth)),
              dialog.clientWidth,
            ]);
            expect(needed).toBeLessThanOrEqual(there);
            await keepScreenshot(page, `view-${what}-${name}`);
          };
          await linesOf(page).first().waitFor();
          await page.getByLabel("Times").check();
          fake.gap(1, 4711);
          await page.getByText("are left out here").waitFor();
          await button(page, "Filter").click();
          await fits("filter");
          await searchOutput(page, "failed");
          await page.locator("mark").first().waitFor();
          await fits("results");
          await page.locator(".around").last().click();
          await page.locator("[data-marked]").waitFor();
          await button(page, "Download").click();
          await fits("around");
        },
        {
          task: PAIR,
          how: { width, dark },
          lines: Array.from({ length: 300 }, (_, i) =>
            aLine(
              i % 9 === 4
                ? `\u001b[31mERROR\u001b[0m request ${i} failed: ${"refused ".repeat(20)}`
                : `GET /${i}`,
              {
                time: at(i * 97),
                replica: i % 2,
                stream: i % 5 === 3 ? "stderr" : "stdout",
              },
            ),
          ),
        },
      );
    }
  }
});
