import { describe, expect, test } from "bun:test";
import { type GuardOptions, makeGuard } from "../../src/http/guard.ts";

const HOST = "127.0.0.1:8606";

function asker(options: Partial<GuardOptions> = {}) {
  const guard = makeGuard({
    ips: ["127.0.0.1"],
    names: ["meproc.example", null],
    origins: [],
    ownAddresses: () => ["10.1.2.3", "fe80::1"],
    ...options,
  });
  return (method: string, headers: Record<string, string>) =>
    guard.check(new Request("http://x/proc", { method, headers: new Headers(headers) }))?.status ?? "in";
}

describe("the Host", () => {
  const ask = asker();
  test.each([
    "127.0.0.1:8606",
    "127.1:8606",
    "127.8.9.1",
    "localhost:8606",
    "LocalHost.",
    "[::1]:8606",
    "[0:0:0:0:0:0:0:1]",
    "meproc.example:1",
    "Meproc.Example",
    "x.localhost",
  ])("%s is let in", (host) => expect(ask("GET", { host })).toBe("in"));
  test.each([
    "evil.example",
    "127.0.0.1.evil.example",
    "localhost.evil.example:8606",
    "192.168.1.5",
    "10.1.2.3",
    "[fe80::1]",
    "169.254.169.254",
    "0.0.0.0",
    "2130706434.evil.example",
    "localhost:8606, evil.example",
    "evil.example@localhost",
    "localhost:8606:1",
    "localhost/evil.example",
    "[::1",
    "",
    " ",
  ])("%j is not ours", (host) => expect(ask("GET", { host })).toBe(421));

  test("of a plain address has to be one that is listened on", () => {
    expect(asker({ ips: ["192.168.1.5"] })("GET", { host: "192.168.1.5:8606" })).toBe("in");
    const everywhere = asker({ ips: ["0.0.0.0"] });
    expect(everywhere("GET", { host: "10.1.2.3:8606" })).toBe("in");
    expect(everywhere("GET", { host: "[fe80::1]:8606" })).toBe("in");
    expect(everywhere("GET", { host: "192.168.1.5" })).toBe(421);
  });

  test("may be one that is configured", () => {
    const ask = asker({ names: ["ops.example", "203.0.113.7", "2001:DB8:0::1"] });
    for (const host of ["ops.example", "203.0.113.7:80", "[2001:db8::1]"])
      expect(ask("GET", { host })).toBe("in");
  });
});

describe("a page of another origin", () => {
  const ask = asker();
  const FOREIGN = [
    { origin: "http://127.0.0.1:9999" },
    { origin: "http://evil.example" },
    { origin: "null" },
    { origin: "" },
    { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" },
    { "sec-fetch-site": "same-site", "sec-fetch-mode": "cors" },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "cross-site", "sec-fetch-mode": "websocket", origin: "http://evil.example" },
  ];
  test.each(FOREIGN.map((headers) => [headers]))("with %j may neither change nor read", (headers) => {
    for (const method of ["POST", "PUT", "DELETE", "PATCH", "GET", "HEAD", "OPTIONS"])
      expect(ask(method, { host: HOST, ...headers })).toBe(403);
  });

  test("may link to ours, and post no form to it", () => {
    const link = { host: HOST, "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" };
    expect(ask("GET", link)).toBe("in");
    expect(ask("POST", { ...link, origin: "http://evil.example" })).toBe(403);
    expect(ask("POST", { ...link, origin: "null" })).toBe(403);
  });
});

test.each([
  [{}],
  [{ origin: "http://127.0.0.1:8606" }],
  [{ "sec-fetch-site": "same-origin", origin: "http://127.0.0.1:8606" }],
  [{ "sec-fetch-site": "none" }],
])("our own page and programs may, with %j", (headers) => {
  for (const method of ["POST", "GET"]) expect(asker()(method, { host: HOST, ...headers })).toBe("in");
});

test("a page of a configured origin may, and is told so", () => {
  const options = { ips: ["127.0.0.1"], names: [], origins: ["https://ops.example/"] };
  const guard = makeGuard(options);
  const from = (origin: string) =>
    new Request("http://x/proc", {
      method: "POST",
      headers: { host: HOST, origin, "sec-fetch-site": "cross-site" },
    });
  expect(guard.check(from("https://ops.example"))).toBeNull();
  expect(guard.cors(from("https://ops.example"))).toEqual({
    "access-control-allow-origin": "https://ops.example",
    "access-control-allow-credentials": "true",
    vary: "Origin",
  });
  for (const other of ["http://ops.example", "https://ops.example:444", "https://ops.example.evil", "null"]) {
    expect(guard.check(from(other))?.status).toBe(403);
    expect(guard.cors(from(other))).toBeNull();
  }
});
