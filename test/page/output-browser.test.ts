/** How a person reads output, in Chromium, on the executable. */
import { expect } from "bun:test";
import { type Gate, makeGate } from "../helpers/gate.ts";
import { apiClient } from "../helpers/api-client.ts";
import { legacyClient } from "../helpers/legacy-client.ts";
import { until } from "../helpers/until.ts";
import type { Page } from "playwright-core";
import { describeInChromium } from "./chromium.ts";
import { pageTest } from "./page-test.ts";
import {
  badgeOf,
  button,
  createTask,
  dialogOf,
  lineOf,
  linesOf,
  openOutput,
  rowOf,
  searchOutput,
  textOf,
} from "./parts.ts";

/** A command that writes a line for each time that the gate lets it pass. */
const counting = (gate: Gate) => `i=0; while ${gate.wait}; do i=$((i+1)); echo "line $i"; done`;
/** The browser's own line about an answer that is a refusal. */
const REFUSED = /^Failed to load resource: the server responded with a status of 4/;
const fromBottom = (page: Page) =>
  page.locator(".lines").evaluate((box) => box.scrollHeight - box.scrollTop - box.clientHeight);

describeInChromium("output in Chromium", () => {
  pageTest("a line is shown as soon as it is written", async ({ open, folder }) => {
    const page = await open();
    const gate = makeGate(folder);
    await createTask(page, { name: "talker", cmd: `echo ready; ${counting(gate)}`, type: "daemon" });
    await openOutput(page, "talker");
    await lineOf(page, "ready").waitFor();
    expect(await linesOf(page).allTextContents()).toEqual(["ready"]);
    gate.pass(1);
    await lineOf(page, "line 1").waitFor();
    gate.pass(2);
    await lineOf(page, "line 3").waitFor();
    expect(await linesOf(page).allTextContents()).toEqual(["ready", "line 1", "line 2", "line 3"]);
  });

  pageTest("stderr, colours and characters that come in two parts are shown", async ({ open, folder }) => {
    const page = await open();
    const gate = makeGate(folder);
    const cmd = `printf '\\033[31mred\\033[0m \\303'; ${gate.wait}; printf '\\244 <b>\\n'; echo wrong >&2; ${gate.wait}`;
    await createTask(page, { name: "painter", cmd, type: "once" });
    await openOutput(page, "painter");
    await linesOf(page).getByText("red").waitFor();
    gate.pass(1);
    await lineOf(page, "red ä <b>").waitFor();
    await lineOf(page, "wrong").waitFor();
    const red = page.locator(".line span", { hasText: "red" });
    expect(await red.getAttribute("class")).toBe("ansi-red-fg");
    const color = (locator: typeof red) => locator.evaluate((element) => getComputedStyle(element).color);
    expect(await color(red)).not.toBe(await color(lineOf(page, "wrong")));
  });

  pageTest("earlier output is read while somebody scrolls up, without a gap", async ({ open, service }) => {
    const page = await open();
    const count = 8000;
    await legacyClient(service.url).post({
      name: "long",
      cmd: `seq -f 'this is line %06g' 1 ${count}`,
      type: "once",
    });
    await badgeOf(page, "long", "exited").waitFor();
    await openOutput(page, "long");
    await lineOf(page, "this is line 008000").waitFor();
    await until(async () => {
      await page.locator(".lines").evaluate((box) => box.scrollTo(0, 0));
      return (await page.locator(".beyond").count()) === 0;
    }, "everything is shown");
    const expected = Array.from(
      { length: count },
      (_, i) => `this is line ${String(i + 1).padStart(6, "0")}`,
    );
    expect(await linesOf(page).allTextContents()).toEqual(expected);
  });

  pageTest(
    "all replicas stand together by time, and each has a tab of its own",
    async ({ open, service }) => {
      const page = await open();
      await createTask(page, {
        name: "pair",
        cmd: "echo I am $$; exec sleep 1234",
        type: "daemon",
        fields: { replica: "2" },
      });
      await badgeOf(page, "pair", "running").waitFor();
      const api = apiClient(service.url);
      const pids = [(await api.instance("pair", 0)).pid, (await api.instance("pair", 1)).pid];
      await openOutput(page, "pair");
      await lineOf(page, `I am ${pids[0]}`).waitFor();
      await lineOf(page, `I am ${pids[1]}`).waitFor();
      expect((await linesOf(page).allTextContents()).toSorted()).toEqual([
        `pair:0I am ${pids[0]}`,
        `pair:1I am ${pids[1]}`,
      ]);
      await page.getByRole("tab", { name: "pair:1" }).click();
      await lineOf(page, `I am ${pids[1]}`).waitFor();
      await until(async () => (await linesOf(page).count()) === 1, "only one replica is shown");
      await page.keyboard.press("ArrowLeft");
      await lineOf(page, `I am ${pids[0]}`).waitFor();
      expect(await textOf(page.getByRole("tab", { selected: true }))).toStartWith("pair:0");
    },
  );

  pageTest("whoever has scrolled up reads undisturbed, and is told what is new", async ({ open, folder }) => {
    const page = await open();
    const gate = makeGate(folder);
    await createTask(page, { name: "talker", cmd: `seq 500; ${counting(gate)}`, type: "daemon" });
    await openOutput(page, "talker");
    await lineOf(page, "500").waitFor();
    await until(async () => (await fromBottom(page)) < 2, "the newest line is shown");
    await page.locator(".lines").evaluate((box) => box.scrollTo(0, 0));
    await button(page, "Jump to newest").waitFor();
    gate.pass(2);
    await button(page, "2 new lines").waitFor();
    expect(await lineOf(page, "line 1").count()).toBe(0);
    expect(await page.locator(".lines").evaluate((box) => box.scrollTop)).toBe(0);
    await button(page, "2 new lines").click();
    await lineOf(page, "line 2").waitFor();
    await until(async () => (await fromBottom(page)) < 2, "the newest line is shown");
    gate.pass(1);
    await lineOf(page, "line 3").waitFor();
  });

  pageTest("output of a task without any says so, and of a removed one that it is gone", async (test) => {
    const page = await test.open();
    await createTask(page, { name: "quiet", cmd: "exec sleep 1234", type: "daemon" });
    await openOutput(page, "quiet");
    await dialogOf(page).getByText("No output yet").waitFor();
    await legacyClient(test.service.url).remove("quiet");
    await dialogOf(page).getByText("The task is gone").waitFor();
    await page.keyboard.press("Escape");
    await rowOf(page, "quiet").waitFor({ state: "detached" });
  });

  pageTest("the output can be taken home byte for byte", async ({ open }) => {
    const page = await open();
    await createTask(page, { name: "bytes", cmd: "printf 'a\\000b\\377\\n'", type: "once" });
    await badgeOf(page, "bytes", "exited").waitFor();
    await openOutput(page, "bytes");
    await button(page, "Download").click();
    for (const link of [/^bytes:0-.*\.log$/, "Everything, as one file"]) {
      const [download] = await Promise.all([
        page.waitForEvent("download"),
        dialogOf(page).getByRole("link", { name: link }).click(),
      ]);
      const bytes = await Bun.file(await download.path()).bytes();
      expect(Buffer.from(bytes).toString("hex")).toBe("610062ff0a");
    }
  });

  pageTest("the whole history is searched, and what stands around a line is shown", async ({ open }) => {
    const page = await open({ tolerated: REFUSED });
    const cmd = "seq -f 'request %g' 3000; echo 'request (4) failed' >&2; seq -f 'request %g' 3001 6000";
    await createTask(page, { name: "api", cmd, type: "once" });
    await badgeOf(page, "api", "exited").waitFor();
    await openOutput(page, "api");
    await lineOf(page, "request 6000").waitFor();
    await searchOutput(page, "(4) FAILED");
    await dialogOf(page).getByText("1 line matches").waitFor();
    expect(await linesOf(page).getAttribute("data-stream")).toBe("stderr");
    await page.getByRole("button", { name: /^Show what stands around the line/ }).click();
    await page.locator("[data-marked]").waitFor();
    expect(await textOf(page.locator("[data-marked]"))).toBe("request (4) failed");
    await button(page, "Regular expression").click();
    await searchOutput(page, "request (\\d+");
    await page.getByRole("alert").getByText("The search did not work.").waitFor();
    await searchOutput(page, "^request (1|60)00$");
    await dialogOf(page).getByText("2 lines match").waitFor();
  });

  pageTest("output that is cleared is gone, and what comes then is shown", async ({ open, folder }) => {
    const page = await open();
    const gate = makeGate(folder);
    await createTask(page, { name: "talker", cmd: `echo old; ${counting(gate)}`, type: "daemon" });
    await openOutput(page, "talker");
    await lineOf(page, "old").waitFor();
    await button(page, "Clear the output").click();
    await button(page, "Clear").click();
    await dialogOf(page).getByText("No output yet").waitFor();
    gate.pass(1);
    await lineOf(page, "line 1").waitFor();
    expect(await linesOf(page).allTextContents()).toEqual(["line 1"]);
  });

  pageTest("one run's output is shown alone", async ({ open, service }) => {
    const page = await open();
    await createTask(page, { name: "twice", cmd: "echo I am $$", type: "once" });
    await badgeOf(page, "twice", "exited").waitFor();
    expect((await apiClient(service.url).post("/tasks/twice/start")).status).toBe(200);
    await badgeOf(page, "twice", "exited").waitFor();
    await openOutput(page, "twice");
    await until(async () => (await linesOf(page).count()) === 2, "both runs are shown");
    const both = await linesOf(page).allTextContents();
    await button(page, "Filter").click();
    await page.getByLabel("Run", { exact: true }).selectOption({ index: 2 });
    await until(async () => (await linesOf(page).count()) === 1, "only one run is shown");
    expect(await linesOf(page).allTextContents()).toEqual(both.slice(0, 1));
  });
});
