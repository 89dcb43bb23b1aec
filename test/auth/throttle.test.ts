import { describe, expect, test } from "bun:test";
import { Throttle, networkOf } from "../../src/auth/throttle.ts";
import { TooManyError } from "../../src/domain/errors.ts";
import { FakeClock } from "../fakes/clock.ts";

describe("failures", () => {
  test("are told at once five times a minute, then later and later, up to 5 s", async () => {
    const clock = new FakeClock();
    const throttle = new Throttle(clock);
    const waits: number[] = [];
    for (let i = 0; i < 12; i++) {
      const before = clock.now().mono;
      let told = false;
      const telling = throttle.failed("a").then(() => {
        told = true;
      });
      await Promise.resolve();
      await Promise.resolve();
      for (; !told && clock.now().mono - before < 10_000; await Promise.resolve()) clock.advance(250);
      await telling;
      waits.push(clock.now().mono - before);
    }
    expect(waits.slice(0, 5)).toEqual([0, 0, 0, 0, 0]);
    for (const [i, wait] of waits.slice(5).entries())
      expect(wait).toBeGreaterThanOrEqual(Math.min(5000, 250 * 2 ** i));
  });

  test("are forgotten after a minute", async () => {
    const clock = new FakeClock();
    const throttle = new Throttle(clock);
    for (let i = 0; i < 5; i++) await throttle.failed("a");
    clock.advance(60_001);
    for (let i = 0; i < 5; i++) await throttle.failed("a");
    expect(() => throttle.admit("a")).not.toThrow();
  });

  test("of one address are refused when four wait; another address is none the worse", async () => {
    const clock = new FakeClock();
    const throttle = new Throttle(clock);
    for (let i = 0; i < 5; i++) await throttle.failed("a");
    const waiting = Array.from({ length: 4 }, () => throttle.failed("a"));
    expect(() => throttle.admit("a")).toThrow(TooManyError);
    await expect(throttle.failed("a")).rejects.toThrow(TooManyError);
    await throttle.failed("b");
    expect(() => throttle.admit("b")).not.toThrow();
    clock.advance(5000);
    await Promise.all(waiting);
    expect(() => throttle.admit("a")).not.toThrow();
  });

  test("of very many addresses are remembered of the last 10,000 only", async () => {
    const throttle = new Throttle(new FakeClock());
    for (let i = 0; i < 5; i++) await throttle.failed("first");
    for (let i = 0; i < 10_000; i++) await throttle.failed(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`);
    // as if it had never failed: nothing waits
    await throttle.failed("first");
  });
});

test.each([
  ["10.0.0.1", "10.0.0.1"],
  ["::ffff:10.0.0.1", "::ffff:10.0.0.1"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:db8:1:2::9", "2001:db8:1:2::/64"],
  ["2001:db8::1", "2001:db8:0:0::/64"],
  ["::1", "0:0:0:0::/64"],
  ["unknown", "unknown"],
])("%s is of the network %s", (address, network) => expect(networkOf(address)).toBe(network));
