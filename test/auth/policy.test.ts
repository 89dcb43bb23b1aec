import { describe, expect, test } from "bun:test";
import { isAuthRequired, warningsOf } from "../../src/auth/policy.ts";
import type { AuthMode } from "../../src/domain/config.ts";
import { isLoopback } from "../../src/domain/loopback.ts";

test.each([
  ["auto", "127.0.0.1", false],
  ["auto", "127.9.9.9", false],
  ["auto", "::1", false],
  ["auto", "localhost", false],
  ["auto", "0.0.0.0", true],
  ["auto", "::", true],
  ["auto", "192.168.1.5", true],
  ["auto", "127.0.0.1.example.com", true],
  ["token", "127.0.0.1", true],
  ["none", "0.0.0.0", false],
] as const)("auth %s on %s: %p", (auth, ip, required) =>
  expect(isAuthRequired({ auth, ips: [ip] })).toBe(required),
);

test("only whole addresses of the loopback are such", () => {
  expect(["127.0.0.1", "::1", "localhost"].every(isLoopback)).toBe(true);
  expect(["", "127.", "127.1.evil.example", "1270.0.0.1", "::", "localhost.evil"].some(isLoopback)).toBe(
    false,
  );
});

describe("it is warned of", () => {
  const of = (auth: AuthMode, ip: string, web: string | null = null) =>
    warningsOf({ auth, ips: [ip], web: { ip: web, port: null } }).length;
  test("that strangers may come in, and that a proxy may let them", () => {
    expect(of("none", "0.0.0.0")).toBe(1);
    expect(of("auto", "127.0.0.1", "203.0.113.7")).toBe(1);
  });
  test("and of nothing else", () => {
    expect(of("auto", "127.0.0.1")).toBe(0);
    expect(of("auto", "0.0.0.0")).toBe(0);
    expect(of("token", "127.0.0.1", "203.0.113.7")).toBe(0);
    expect(of("none", "127.0.0.1")).toBe(0);
    expect(of("none", "127.0.0.1", "203.0.113.7")).toBe(0);
  });
});
