import { describe, expect, test } from "bun:test";
import { makeGuard } from "../../src/http/guard.ts";

const guard = makeGuard({ names: ["meproc.example", null] });
const ask = (method: string, headers: Record<string, string>) =>
  guard(new Request("http://x/proc", { method, headers: new Headers(headers) }))?.status ?? "in";

describe("the Host", () => {
  test.each([
    "127.0.0.1:8606",
    "127.1:8606",
    "localhost:8606",
    "[::1]:8606",
    "192.168.1.5",
    "meproc.example:1",
    "x.localhost",
  ])("%s is let in", (host) => expect(ask("GET", { host })).toBe("in"));
  test.each(["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8606"])(
    "%s is not ours",
    (host) => expect(ask("GET", { host })).toBe(421),
  );
});

describe("a request that changes something", () => {
  const host = "127.0.0.1:8606";
  test.each([
    [{}, "in"],
    [{ origin: "http://127.0.0.1:8606" }, "in"],
    [{ origin: "http://127.0.0.1:9999" }, 403],
    [{ origin: "http://evil.example" }, 403],
    [{ origin: "null" }, 403],
    [{ "sec-fetch-site": "cross-site" }, 403],
    [{ "sec-fetch-site": "same-site" }, 403],
    [{ "sec-fetch-site": "same-origin", origin: "http://127.0.0.1:8606" }, "in"],
    [{ "sec-fetch-site": "none" }, "in"],
  ])("with %j", (headers, answer) => {
    for (const method of ["POST", "PUT", "DELETE", "PATCH"])
      expect(ask(method, { host, ...headers })).toBe(answer as "in" | 403);
    expect(ask("GET", { host, ...headers })).toBe("in");
  });
});
