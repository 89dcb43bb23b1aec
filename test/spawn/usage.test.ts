/** The peak of memory of a run, beside what its process has inherited of the service. */
import { expect, test } from "bun:test";
import { usageOf } from "../../src/spawn/peak.ts";

test("a peak above the one that the process began with is its own, however large the service is by its end", async () => {
  const child = Bun.spawn(["perl", "-e", '$x = "a" x 200_000_000; <STDIN>'], {
    stdio: ["pipe", "ignore", "ignore"],
  });
  const inherited = process.resourceUsage().maxRSS * 1024;
  const grown = new Uint8Array(300_000_000).fill(1);
  await child.stdin.end();
  await child.exited;
  const { max_rss_bytes, cpu_ms } = usageOf(child.resourceUsage(), inherited);
  expect(max_rss_bytes).toBeGreaterThan(200_000_000);
  expect(process.resourceUsage().maxRSS * 1024).toBeGreaterThan(grown.length);
  expect(cpu_ms).toBeGreaterThanOrEqual(0);
});

test.if(process.platform === "linux")("below it nothing is known", async () => {
  const child = Bun.spawn(["true"]);
  const inherited = process.resourceUsage().maxRSS * 1024;
  await child.exited;
  expect(usageOf(child.resourceUsage(), inherited).max_rss_bytes).toBeNull();
  expect(usageOf(undefined, 0)).toEqual({ max_rss_bytes: null, cpu_ms: null });
});
