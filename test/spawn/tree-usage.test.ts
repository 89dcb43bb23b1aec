/** What a whole tree uses at a moment. */
import { describe, expect, test } from "bun:test";
import { until } from "../helpers/until.ts";
import { makeEngine } from "./engine.ts";

describe.if(process.platform === "linux")("usage", () => {
  test("is of the process, its children, and what has left its session", async () => {
    const { start } = makeEngine();
    const run = start({ cmd: "sleep 600 & setsid -f sleep 600; exec sleep 600" });
    await until(() => run.handle.usage()?.processes === 3 && run.told.includes("spawned"), "all are there");
    const usage = run.handle.usage();
    expect(usage?.threads).toBe(3);
    expect(usage?.rss_bytes).toBeGreaterThan(500_000);
    expect(usage?.rss_bytes).toBeLessThan(50_000_000);
    expect(usage?.open_files).toBeGreaterThanOrEqual(9);
    expect(usage?.cpu_ms).toBeGreaterThanOrEqual(0);
    run.handle.terminate();
    await run.gone();
    expect(run.handle.usage()).toBeNull();
  });

  test("counts memory and time", async () => {
    const { start } = makeEngine();
    const run = start({ cmd: ["perl", "-e", '$x = "a" x 80_000_000; 1 while 1;'] });
    await until(() => (run.handle.usage()?.cpu_ms ?? 0) > 50, "it has worked");
    expect(run.handle.usage()?.rss_bytes).toBeGreaterThan(80_000_000);
  });
});
