/** What a page of somebody else's can do to a service on this machine, in a real browser: nothing. */
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";
import { whenDone } from "../helpers/cleanup.ts";
import { until } from "../helpers/until.ts";
import { legacyClient } from "../helpers/legacy-client.ts";
import { type Service, startService } from "../helpers/service.ts";

setDefaultTimeout(60_000);

const CHROMIUM = "/usr/bin/chromium";
const SECRET = "a-secret-of-the-service";
/** Every name leads here, as with a name server of the attacker's own. */
const REBINDING = "--host-resolver-rules=MAP * 127.0.0.1";

/** Runs in the page; says what it could read. */
async function attack(target: string): Promise<string[]> {
  const got: string[] = [];
  document.body.replaceChildren();
  const body = JSON.stringify({ name: "evil", cmd: "touch owned", type: "once" });
  const types = [
    null,
    "text/plain",
    "application/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
  ];
  const modes = ["cors", "no-cors", "same-origin"] as const;
  const tries: Promise<unknown>[] = [];
  const read = async (what: string, init: RequestInit, path: string) => {
    try {
      const answer = await fetch(target + path, init);
      const text = await answer.text();
      if (answer.ok && text !== "") got.push(`${what} ${path}: ${text}`);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
    }
  };
  for (const mode of modes)
    for (const credentials of ["omit", "include"] as const) {
      for (const path of ["/proc", "/api/v1/tasks", "/proc/output?name=kept", "/", "/swagger/json"])
        tries.push(read(`GET ${mode}`, { mode, credentials }, path));
      for (const type of types)
        for (const path of ["/proc", "/api/v1/tasks"])
          for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
            if (mode === "no-cors" && method !== "POST") continue;
            const headers: Record<string, string> = type === null ? {} : { "content-type": type };
            const query = method === "POST" ? "" : "?name=kept";
            tries.push(read(`${method} ${mode}`, { method, mode, credentials, headers, body }, path + query));
          }
    }
  for (const kind of ["img", "script", "iframe", "link", "embed"]) {
    const element = document.createElement(kind) as HTMLElement & Record<string, unknown>;
    const loaded = new Promise<void>((resolve) => {
      element.onload = () => {
        if (kind === "img" || kind === "script") got.push(`${kind} was loaded`);
        resolve();
      };
      element.onerror = () => resolve();
    });
    if (kind === "link") element.setAttribute("rel", "stylesheet");
    element.setAttribute(
      kind === "link" ? "href" : "src",
      `${target}/${kind === "script" ? "app.js" : "proc"}`,
    );
    document.body.append(element);
    if (kind !== "embed") tries.push(loaded);
  }
  for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
    for (const path of ["/proc", "/api/v1/tasks", "/api/v1/tasks/kept/stop"]) {
      const frame = document.createElement("iframe");
      frame.name = `frame-${type}-${path}`;
      const form = document.createElement("form");
      Object.assign(form, { method: "post", enctype: type, action: target + path, target: frame.name });
      const field = document.createElement("input");
      Object.assign(field, { name: body.slice(0, -1), value: '"}' });
      form.append(field);
      document.body.append(frame, form);
      tries.push(
        new Promise<void>((resolve) => frame.addEventListener("load", () => resolve(), { once: true })),
      );
      form.submit();
    }
  navigator.sendBeacon(`${target}/proc`, body);
  tries.push(
    new Promise<void>((resolve) => {
      const socket = new WebSocket(`${target.replace("http", "ws")}/proc`);
      socket.onopen = () => got.push("WebSocket was opened");
      socket.onmessage = ({ data }) => got.push(`WebSocket: ${data}`);
      socket.onclose = () => resolve();
    }),
    new Promise<void>((resolve) => {
      const events = new EventSource(`${target}/api/v1/events`);
      events.onopen = () => {
        got.push("EventSource was opened");
        resolve();
      };
      events.onerror = () => {
        if (events.readyState === EventSource.CLOSED) resolve();
      };
    }),
  );
  await Promise.all(tries);
  return got;
}

describe.skipIf(!existsSync(CHROMIUM))("a page of another site", () => {
  let browser: Browser | null = null;
  afterAll(() => browser?.close());

  const visit = async (url: string) => {
    browser ??= await chromium.launch({
      executablePath: CHROMIUM,
      args: ["--no-sandbox", "--disable-gpu", "--no-first-run", REBINDING],
    });
    const context = await browser.newContext();
    whenDone(() => context.close());
    const page = await context.newPage();
    await page.goto(url);
    return page;
  };

  /** The attacker's own server. Its page is any page. */
  const attacker = () => {
    const server = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: () => new Response("<!doctype html><body></body>", { headers: { "content-type": "text/html" } }),
    });
    whenDone(() => server.stop(true));
    return server;
  };

  const serviceWithSecret = async () => {
    const service = await startService();
    const { post } = legacyClient(service.url);
    const kept = { name: "kept", cmd: `echo ${SECRET}; exec sleep 1000`, type: "daemon" };
    expect((await post(kept)).status).toBe(200);
    return service;
  };

  /** A process that has just been started is known by its environment a moment later. */
  const processesOf = (service: Service): Promise<number[]> =>
    until(() => {
      const pids = service.descendants();
      return pids.length === 1 && pids;
    }, "its process is there");

  const nothingHappened = async (service: Service, pids: readonly number[]) => {
    const { tasks } = await legacyClient(service.url).list();
    expect(Object.keys(tasks)).toEqual(["kept"]);
    expect(service.descendants()).toEqual([...pids]);
    expect(existsSync(`${service.cwd}/owned`)).toBe(false);
  };

  test.each([
    ["of another host", "http://evil.example"],
    ["of another port of this machine", "http://127.0.0.1"],
    ["of another name of this machine", "http://localhost"],
  ])("%s starts nothing and reads nothing", async (_, origin) => {
    const service = await serviceWithSecret();
    const pids = await processesOf(service);
    const page = await visit(`${origin}:${attacker().port}/`);
    for (const target of [service.url, `http://localhost:${service.port}`])
      expect(await page.evaluate(attack, target)).toEqual([]);
    await nothingHappened(service, pids);
  });

  test("that had its name rebound to this machine starts nothing and reads nothing", async () => {
    const service = await serviceWithSecret();
    const pids = await processesOf(service);
    const page = await visit(`http://rebind.example:${attacker().port}/`);
    // its own port would be the service's: a document of this origin is made where the service answers nothing
    await page.route("**/page-of-the-attacker", (route) =>
      route.fulfill({ contentType: "text/html", body: "<!doctype html><body></body>" }),
    );
    const target = `http://rebind.example:${service.port}`;
    await page.goto(`${target}/page-of-the-attacker`);
    expect(await page.evaluate(attack, target)).toEqual([]);
    await nothingHappened(service, pids);
  });

  test("may do all of it where its origin is configured", async () => {
    const { port } = attacker();
    const service = await startService({ config: `cors_origins = ["http://ops.example:${port}"]` });
    const page = await visit(`http://ops.example:${port}/`);
    const made = await page.evaluate(async (target) => {
      const body = JSON.stringify({ name: "asked", cmd: "true", type: "once" });
      const headers = { "content-type": "application/json" };
      const post = await fetch(`${target}/api/v1/tasks`, { method: "POST", headers, body });
      const removed = await fetch(`${target}/api/v1/tasks/asked`, { method: "DELETE" });
      return [post.status, (await post.json()).name, removed.status];
    }, service.url);
    expect(made).toEqual([201, "asked", 204]);
  });
});
