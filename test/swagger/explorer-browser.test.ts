/** Swagger UI in Chromium, on the executable, without a network. */
import { expect } from "bun:test";
import { describeInChromium } from "../page/chromium.ts";
import { pageTest } from "../page/page-test.ts";
import { keepScreenshot } from "../page/screenshots.ts";
import { until } from "../helpers/until.ts";
import { callsOf, nameOf, readDocument } from "./document.ts";
import { callBlock, execute } from "./explorer.ts";

/** The browser's own line about an answer that is no success; the test brings it about. */
const CONFLICT = /^Failed to load resource: the server responded with a status of 40[49]/;

type Step = readonly [status: number | number[], method: string, path: string];
const DEFINED: Step = [201, "POST", "/api/v1/tasks"];

/** In these orders each call finds what it needs, with the values that the document gives. */
const ORDERS: Readonly<Record<string, readonly Step[]>> = {
  "of Meproc 1.x and of the service": [
    [200, "POST", "/proc"],
    [200, "GET", "/proc"],
    [200, "PUT", "/proc"],
    [200, "GET", "/proc/output"],
    [200, "DELETE", "/proc"],
    [200, "GET", "/api/v1/system"],
    [200, "GET", "/api/v1/plugins"],
    [200, "GET", "/api/v1/schedule"],
    [200, "GET", "/api/v1/schedule/preview"],
    [200, "GET", "/healthz"],
    [200, "GET", "/readyz"],
  ],
  "about what nobody has configured": [
    [200, "GET", "/api/v1/webhooks"],
    [404, "GET", "/api/v1/webhooks/{name}/dead-letters"],
    [404, "POST", "/api/v1/webhooks/{name}/test"],
    [404, "POST", "/api/v1/webhooks/{name}/dead-letters/{id}/retry"],
    [404, "GET", "/metrics"],
  ],
  "that changes tasks": [
    DEFINED,
    [200, "GET", "/api/v1/tasks"],
    [200, "GET", "/api/v1/tasks/{name}"],
    [200, "PUT", "/api/v1/tasks/{name}"],
    [200, "PATCH", "/api/v1/tasks/{name}"],
    [200, "POST", "/api/v1/plan"],
    [200, "POST", "/api/v1/apply"],
    [200, "POST", "/api/v1/tasks/stop"],
    [200, "POST", "/api/v1/tasks/start"],
    [200, "POST", "/api/v1/tasks/restart"],
    [204, "DELETE", "/api/v1/tasks/{name}"],
  ],
  "that does something with a task": [
    DEFINED,
    // whether the example's program is there, nobody knows
    [[200, 409], "POST", "/api/v1/tasks/{name}/signal"],
    [409, "POST", "/api/v1/tasks/{name}/reload"],
    [409, "POST", "/api/v1/tasks/{name}/stdin"],
    [409, "POST", "/api/v1/tasks/{name}/run"],
    [409, "POST", "/api/v1/tasks/{name}/pause"],
    [409, "POST", "/api/v1/tasks/{name}/resume"],
    [200, "POST", "/api/v1/tasks/{name}/stop"],
    [200, "POST", "/api/v1/tasks/{name}/start"],
    [200, "POST", "/api/v1/tasks/{name}/restart"],
  ],
  "about what has been": [
    DEFINED,
    [200, "GET", "/api/v1/tasks/{name}/output"],
    [200, "GET", "/api/v1/tasks/{name}/output/files"],
    [200, "GET", "/api/v1/tasks/{name}/output/files/{file}"],
    [204, "DELETE", "/api/v1/tasks/{name}/output"],
    [200, "GET", "/api/v1/runs"],
    [200, "GET", "/api/v1/runs/{id}"],
    [200, "GET", "/api/v1/runs/{id}/output"],
  ],
  "about who may do what": [
    [201, "POST", "/api/v1/users"],
    [200, "GET", "/api/v1/users"],
    [200, "PATCH", "/api/v1/users/{user}"],
    [204, "PUT", "/api/v1/users/{user}/password"],
    [204, "DELETE", "/api/v1/users/{user}"],
    [201, "POST", "/api/v1/tokens"],
    [200, "GET", "/api/v1/tokens"],
    [204, "DELETE", "/api/v1/tokens/{id}"],
    // here nobody has to log in
    [409, "POST", "/api/v1/session"],
    [200, "GET", "/api/v1/session"],
    [200, "GET", "/api/v1/sessions"],
    [404, "DELETE", "/api/v1/sessions/{id}"],
    [204, "DELETE", "/api/v1/session"],
    [200, "GET", "/api/v1/audit"],
  ],
};

async function newestRun(url: string): Promise<string> {
  const list = await fetch(`${url}/api/v1/runs?limit=1`);
  const { items } = (await list.json()) as { items: { id: string }[] };
  return items[0]?.id ?? "none";
}

/** The task of the example has been told that there is no such program, or has begun to work. */
function firstFile(url: string): Promise<string> {
  return until(async () => {
    const list = await fetch(`${url}/api/v1/tasks/web/output/files`);
    const { items } = (await list.json()) as { items: { name: string }[] };
    return items[0]?.name;
  }, "there is a file of output");
}

/** The run and the file of the examples are nobody's. */
async function valuesFor(path: string, url: string): Promise<Record<string, string>> {
  if (path.includes("/runs/{id}")) return { id: await newestRun(url) };
  return path.includes("{file}") ? { file: await firstFile(url) } : {};
}

describeInChromium("Swagger UI in Chromium", () => {
  pageTest("Try it out shows the real answer", async ({ open, service }) => {
    const page = await open({ path: "/swagger" });
    const body = JSON.stringify({ name: "tried", cmd: "exec sleep 1234", type: "daemon", replica: 2 });
    const created = await execute(page, { method: "POST", path: "/proc" }, { body });
    expect(created.status).toBe(200);
    expect(created.shown).toContain('"msg": "OK"');
    const listed = await execute(page, { method: "GET", path: "/proc" });
    const { data } = (await (await fetch(`${service.url}/proc`)).json()) as {
      data: { running: { pid: number }[] };
    };
    expect(data.running).toHaveLength(2);
    for (const { pid } of data.running) expect(listed.shown).toContain(`"pid": ${pid}`);
    const call = { method: "GET", path: "/api/v1/tasks/{name}" };
    const one = await execute(page, call, { name: "tried" });
    expect(one.status).toBe(200);
    expect(one.shown).toContain('"alias": "tried:1"');
  });

  for (const [which, order] of Object.entries(ORDERS)) {
    pageTest(`Try it out works on every call ${which}, just as it stands`, async ({ open, service }) => {
      const page = await open({ path: "/swagger", tolerated: CONFLICT });
      for (const [status, method, path] of order) {
        const values = await valuesFor(path, service.url);
        const executed = await execute(page, { method, path }, values);
        const name = nameOf({ method, path });
        expect([status].flat().map((each) => `${name} ${each}`)).toContain(`${name} ${executed.status}`);
      }
    });
  }

  pageTest("and these are all calls but for the streams", async ({ service }) => {
    const calls = callsOf(await readDocument(service.url));
    const streams = calls.filter(
      ({ operation }) => operation.responses["200"]?.content?.["text/event-stream"],
    );
    const tried = Object.values(ORDERS).flatMap((order) =>
      order.map(([, method, path]) => nameOf({ method, path })),
    );
    expect([...new Set([...tried, ...streams.map(nameOf)])].sort()).toEqual(calls.map(nameOf).sort());
  });

  pageTest(
    "calls go to where the page came from, although the document names another address",
    async ({ open }) => {
      const page = await open({ path: "/swagger" });
      await page.locator("#servers option").first().waitFor({ state: "attached" });
      expect(await page.locator("#servers option").allTextContents()).toEqual([
        "http://203.0.113.7:8443",
        "/",
      ]);
      expect((await execute(page, { method: "GET", path: "/healthz" })).status).toBe(200);
    },
    { config: '[web]\nip = "203.0.113.7"\nport = 8443\n' },
  );

  for (const width of [1440, 390]) {
    for (const dark of [false, true]) {
      const name = `${width}-${dark ? "dark" : "light"}`;
      pageTest(`fits ${width} px, ${dark ? "dark" : "light"}`, async ({ open }) => {
        const page = await open({ path: "/swagger", width, dark });
        await callBlock(page, { method: "GET", path: "/healthz" }).waitFor();
        expect(await page.locator("html.dark-mode").count()).toBe(dark ? 1 : 0);
        await keepScreenshot(page, `swagger-${name}`);
        await execute(page, { method: "POST", path: "/proc" });
        const block = callBlock(page, { method: "POST", path: "/proc" });
        await block.locator(".opblock-summary-control").click();
        await keepScreenshot(page, `swagger-tried-${name}`, true);
        const widths = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
        expect(widths[0]).toBeLessThanOrEqual(widths[1] ?? 0);
      });
    }
  }
});
