import { expect, test } from "bun:test";
import { FullError, makeTurnstile, networkOf } from "../../src/http/turnstile.ts";

const limits = { requests: 4, requestsPerAddress: 2, streams: 3, streamsPerAddress: 1, sendTimeoutS: 1 };

function statusOf(enter: () => unknown): number | "in" {
  try {
    enter();
    return "in";
  } catch (error) {
    return error instanceof FullError ? error.status : 0;
  }
}

test("one address has its share, and who leaves makes room", () => {
  const turnstile = makeTurnstile(limits);
  const leave = turnstile.request("10.0.0.1");
  turnstile.request("10.0.0.1");
  expect(statusOf(() => turnstile.request("10.0.0.1"))).toBe(429);
  leave();
  leave();
  expect(statusOf(() => turnstile.request("10.0.0.1"))).toBe("in");
  expect(statusOf(() => turnstile.request("10.0.0.1"))).toBe(429);
  expect(statusOf(() => turnstile.request("10.0.0.2"))).toBe("in");
});

test("all together have theirs", () => {
  const turnstile = makeTurnstile(limits);
  for (const last of [1, 2, 3]) turnstile.stream(`10.0.0.${last}`);
  expect(statusOf(() => turnstile.stream("10.0.0.4"))).toBe(503);
  expect(statusOf(() => turnstile.request("10.0.0.4"))).toBe("in");
});

test("this machine is bounded by the whole alone", () => {
  const turnstile = makeTurnstile(limits);
  for (const address of ["127.0.0.1", "127.0.0.1", "::1", "unix"])
    expect(statusOf(() => turnstile.request(address))).toBe("in");
  expect(statusOf(() => turnstile.request("127.0.0.1"))).toBe(503);
});

test.each([
  ["10.0.0.1", "10.0.0.1"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
  ["2001:db8::1", "2001:db8:0:0"],
  ["fe80::", "fe80:0:0:0"],
])("%s counts as %s", (address, network) => expect(networkOf(address)).toBe(network));
