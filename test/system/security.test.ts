/** What a web page in the browser of somebody on this machine must not be able to do. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { legacyClient } from "../helpers/legacy-client.ts";
import { exchange } from "../helpers/raw-http.ts";
import { type Service, endService, launchService, startService } from "../helpers/service.ts";
import { makeFolder } from "../helpers/temporary-folder.ts";
import { until } from "../helpers/until.ts";

setDefaultTimeout(20_000);

describe("the guard", () => {
  const folder = makeFolder();
  let service: Service;
  beforeAll(async () => {
    service = await launchService(folder.path);
  });
  afterAll(async () => {
    await endService(service);
    folder.remove();
  });

  const body = JSON.stringify({ name: "evil", cmd: "true", type: "once" });
  const ask = (path: string, headers: Record<string, string>, method = "POST") =>
    fetch(service.url + path, { method, headers, ...(method === "POST" ? { body } : {}) });
  const nothingHappened = async () => expect((await legacyClient(service.url).list()).tasks).toEqual({});

  const FOREIGN: readonly Record<string, string>[] = [
    { origin: "http://evil.example" },
    { origin: "null" },
    { origin: "https://127.0.0.1" },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
    { origin: "http://localhost.evil.example", "content-type": "text/plain" },
  ];
  test.each(FOREIGN.map((headers) => [headers]))("a POST from %j is refused", async (headers) => {
    for (const path of ["/proc", "/api/v1/tasks"]) {
      const response = await ask(path, headers);
      expect(response.status).toBe(403);
      const answer = (await response.json()) as { code: unknown };
      expect(answer.code).toBe(path === "/proc" ? 403 : "forbidden");
    }
    await nothingHappened();
    expect(service.log()).toContain("[WARN]: Refused POST /proc");
  });

  test.each([["PUT"], ["DELETE"], ["PATCH"]])("so is %s", async (method) => {
    const response = await ask("/proc?name=evil", { origin: "http://evil.example" }, method);
    expect(response.status).toBe(403);
  });

  test.each([
    ["evil.example"],
    ["evil.example:8606"],
    ["127.0.0.1.evil.example"],
    ["169.254.169.254.nip.io"],
    ["10.1.2.3"],
    ["localhost.evil.example"],
  ])("the Host %s is not ours", async (host) => {
    for (const [path, method] of [
      ["/proc", "GET"],
      ["/proc", "POST"],
      ["/", "GET"],
      ["/api/v1/tasks", "GET"],
      ["/api/v1/events", "GET"],
      ["/healthz", "GET"],
    ] as const)
      expect((await ask(path, { host }, method)).status).toBe(421);
    await nothingHappened();
  });

  test.each([["127.0.0.1"], ["127.1"], ["localhost"], ["LOCALHOST"], ["[::1]"]])(
    "the Host %s is fine",
    async (name) => {
      const { port } = new URL(service.url);
      const answer = await exchange(
        service.url,
        `GET /proc HTTP/1.1\r\nHost: ${name}:${port}\r\nConnection: close\r\n\r\n`,
      );
      expect(answer).toStartWith("HTTP/1.1 200 OK\r\n");
    },
  );

  test("its own page may do everything, and may be linked to", async () => {
    const own = { origin: service.url, "sec-fetch-site": "same-origin" };
    expect((await ask("/api/v1/tasks", own)).status).toBe(201);
    expect((await legacyClient(service.url).remove("evil")).status).toBe(200);
    const link = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" };
    expect((await ask("/", link, "GET")).status).toBe(200);
  });

  test("no answer allows another origin to read it", async () => {
    for (const [path, method] of [
      ["/proc", "GET"],
      ["/proc", "OPTIONS"],
      ["/api/v1/tasks", "GET"],
      ["/", "GET"],
      ["/nothing", "GET"],
    ] as const) {
      const { headers } = await ask(
        path,
        { origin: "http://evil.example", "access-control-request-method": "POST" },
        method,
      );
      expect(headers.get("access-control-allow-origin")).toBeNull();
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
    }
  });

  test("every answer forbids what a browser should not do with it", async () => {
    const { port } = new URL(service.url);
    for (const [path, method, status] of [
      ["/", "GET", 200],
      ["/swagger", "GET", 200],
      ["/swagger/json", "GET", 200],
      ["/proc", "GET", 200],
      ["/proc", "PATCH", 405],
      ["/proc", "OPTIONS", 204],
      ["/proc?name=x", "DELETE", 403],
      ["/nothing", "GET", 404],
      ["/api/v1/nothing", "GET", 404],
      ["/api/v1/events", "GET", 200],
      ["/healthz", "GET", 200],
    ] as const) {
      const answer = await ask(path, { host: `localhost:${port}` }, method);
      expect([path, answer.status]).toEqual([path, status]);
      expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
      expect(answer.headers.get("referrer-policy")).toBe("no-referrer");
      expect(answer.headers.get("cross-origin-resource-policy")).toBe("same-origin");
      const policy = answer.headers.get("content-security-policy") ?? "";
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toContain("unsafe-");
      await answer.body?.cancel();
    }
    const page = await (await ask("/", {}, "GET")).text();
    for (const [file = ""] of page.matchAll(/(?<=(?:src|href)=")\/[^"]+/g)) {
      const { status, headers } = await ask(file, {}, "GET");
      expect([file, status, headers.get("x-content-type-options")]).toEqual([file, 200, "nosniff"]);
    }
  });

  test("no file outside the page is served", async () => {
    for (const path of [
      "/../../etc/passwd",
      "/..%2f..%2fetc/passwd",
      "/%2e%2e/%2e%2e/etc/passwd",
      "//etc/passwd",
    ]) {
      const answer = await exchange(
        service.url,
        `GET ${path} HTTP/1.1\r\nHost: 127.1\r\nConnection: close\r\n\r\n`,
      );
      expect(answer).toMatch(/^HTTP\/1\.1 (400|404) /);
      expect(answer).not.toContain("root:");
    }
  });
});

test("it listens on 127.0.0.1 alone unless told otherwise", async () => {
  const service = await startService();
  expect(service.log()).toContain("Listen on: 127.0.0.1:");
  expect(service.log()).not.toContain("anyone who reaches");
  const hex = service.port.toString(16).toUpperCase().padStart(4, "0");
  const table = await Bun.file("/proc/net/tcp").text();
  const six = await Bun.file("/proc/net/tcp6").text();
  const listening = (table + six)
    .split("\n")
    .filter((line) => / 0A /.test(line) && line.includes(`:${hex} `));
  expect(listening.map((line) => line.trim().split(/\s+/)[1])).toEqual([`0100007F:${hex}`]);
});

test("off loopback without a token it warns, in the log and on the page", async () => {
  const service = await startService({ args: ["--ip", "0.0.0.0", "--auth", "none"] });
  const warning = /\[WARN\]: auth is "none": anyone who reaches this service may run commands/;
  await until(() => warning.test(service.log()), "it has warned");
  const system = await (await fetch(`${service.url}/api/v1/system`)).json();
  expect(system.warnings).toEqual([expect.stringContaining('auth is "none"')]);
});

test.if(process.platform === "linux")("what it keeps is not for everybody's eyes", async () => {
  const service = await startService();
  await legacyClient(service.url).post({ name: "secret", cmd: "echo secret", type: "once" });
  const modes = Bun.spawnSync(["find", service.dataDir, "-mindepth", "1", "-perm", "/007"]).stdout.toString();
  expect(modes).toBe("");
});
