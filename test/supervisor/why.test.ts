import { describe, expect, test } from "bun:test";
import { whyNotRunning } from "../../src/supervisor/why.ts";
import { fakeSupervisor, turn } from "../fakes/supervisor.ts";

/** The sentence about a task after `live`. */
async function why(
  definition: object,
  live: (world: ReturnType<typeof fakeSupervisor>) => unknown = () => undefined,
): Promise<string | null> {
  const world = fakeSupervisor();
  await world.supervisor.define({ name: "a", cmd: "x", type: "once", ...definition });
  await turn();
  await live(world);
  return whyNotRunning(world.supervisor.get("a"));
}

describe("why a task does not run", () => {
  test("is nothing if it does", async () => {
    expect(await why({ replica: 3 })).toBeNull();
  });

  test("it was stopped, or is just being", async () => {
    expect(await why({}, ({ supervisor }) => void supervisor.stop("a"))).toBe("It is being stopped.");
    const stopped = await why({}, async ({ supervisor, engine }) => {
      const stop = supervisor.stop("a");
      engine.one("a").exit(0);
      await stop;
    });
    expect(stopped).toBe("It is stopped, until somebody starts it.");
  });

  test("it waits", async () => {
    const deps = [
      { task: "db", condition: "healthy" },
      { task: "migrate", condition: "succeeded" },
    ];
    expect(await why({ deps })).toBe("It waits for db (no such task) and migrate (no such task).");
  });

  test("it has ended", async () => {
    expect(await why({}, ({ engine }) => engine.one("a").exit(0))).toBe(
      "It has ended (exit code 0) and is not started again by itself.",
    );
    expect(await why({}, ({ engine }) => engine.one("a").die("SIGSEGV"))).toContain("killed by SIGSEGV");
  });

  test("it is in a pause, or has failed", async () => {
    const pause = await why({ type: "daemon", interval: 500 }, ({ engine }) => engine.one("a").exit(7));
    expect(pause).toBe("It ended (exit code 7) and is started again at 2026-11-22T12:00:00.500Z.");
    const restart = { max_restarts: 0, retry_after_ms: 60_000 };
    expect(await why({ type: "daemon", restart }, ({ engine }) => engine.one("a").exit(7))).toBe(
      "It failed: gave up: 0 restarts within 60 s; last: exit code 7; it is tried again at 2026-11-22T12:01:00.000Z.",
    );
  });

  test("its time has not come", async () => {
    expect(await why({ type: "cron", cron: "* * * * *" })).toBe(
      "It is on its schedule and runs next at 2026-11-22T12:01:00.000Z.",
    );
  });

  test("of several replicas the one that says most is named", async () => {
    expect(await why({ replica: 2 }, ({ engine }) => engine.of("a")[1]?.exit(1))).toBe(
      "a:1 has ended (exit code 1) and is not started again by itself.",
    );
  });
});
