/** The times between the starts of a daemon that always fails, from the definition to the process, on fake time. */
import { describe, expect, test } from "bun:test";
import { fakeSupervisor, turn } from "../fakes/supervisor.ts";

const RAN_MS = 10;

/** Starts it and lets each of its runs fail after 10 ms; answers the pauses from an end to the next start. */
async function crash(definition: object, count: number, random = 0.5) {
  const world = fakeSupervisor({ random: () => random });
  const { supervisor, engine, clock, state } = world;
  await supervisor.define({ name: "a", cmd: "x", type: "daemon", ...definition });
  await turn();
  const pauses: number[] = [];
  while (pauses.length < count && state("a") === "running") {
    clock.advance(RAN_MS);
    engine.one("a").exit(1);
    const ended = clock.now().mono;
    const { state: after } = supervisor.get("a").instances[0] ?? {};
    if (after?.kind === "backoff") clock.advance(after.retryAt.mono - ended);
    await turn();
    if (state("a") === "running") pauses.push(clock.now().mono - ended);
  }
  return { ...world, pauses };
}

describe("the times between starts", () => {
  const TABLE: readonly (readonly [string, object, number, readonly number[]])[] = [
    ["fixed", { interval: 250 }, 0.5, [250, 250, 250, 250]],
    ["adaptive", {}, 0.5, [0, 100, 200, 400, 800, 1600, 3000, 3000]],
    [
      "exponential",
      { restart: { delay_ms: 20, factor: 10, max_delay_ms: 5000 } },
      0.5,
      [20, 200, 2000, 5000, 5000],
    ],
    ["jittered", { restart: { delay_ms: 100, jitter: 0.2 } }, 0, [80, 160, 320, 640]],
    ["windowed", { interval: 40, restart: { max_restarts: 3 } }, 0.5, [40, 40, 40]],
  ];
  test.each(TABLE)("%s", async (_, definition, random, expected) => {
    const { pauses } = await crash(definition, expected.length, random);
    expect(pauses).toEqual([...expected]);
  });
});

describe("a daemon that has used up its restarts", () => {
  const restart = { max_restarts: 3, window_ms: 10_000 };

  test("has failed, says why, and starts no more", async () => {
    const { supervisor, clock, facts, state, engine } = await crash({ interval: 40, restart }, 10);
    const reason = "gave up: 3 restarts within 10 s; last: exit code 1";
    expect(supervisor.get("a").instances[0]?.state).toMatchObject({ kind: "failed", reason, retryAt: null });
    expect(facts).toContainEqual(
      expect.objectContaining({ kind: "instance.failed", from: "running", to: "failed", reason }),
    );
    clock.advance(86_400_000);
    expect(engine.processes).toHaveLength(4);
    expect(state("a")).toBe("failed");
  });

  test("goes on with all its restarts once somebody starts it", async () => {
    const { supervisor, clock, engine, state } = await crash({ interval: 40, restart }, 10);
    supervisor.start("a");
    await turn();
    expect(state("a")).toBe("running");
    engine.one("a").exit(1);
    expect(state("a")).toBe("backoff");
    clock.advance(40);
    await turn();
    expect(state("a")).toBe("running");
  });

  test("tries again by itself if it was told to, and recovers", async () => {
    const again = { ...restart, retry_after_ms: 60_000 };
    const { clock, state, facts, engine } = await crash({ interval: 40, restart: again }, 10);
    const failed = facts.find(({ kind }) => kind === "instance.failed");
    expect(failed).toMatchObject({ retry_at: new Date(clock.now().wall + 60_000).toISOString() });
    clock.advance(59_999);
    expect(state("a")).toBe("failed");
    clock.advance(1);
    await turn();
    expect(state("a")).toBe("running");
    clock.advance(20_000);
    engine.one("a").exit(1);
    expect(state("a")).toBe("backoff");
  });
});

describe("what counts as a success", () => {
  test("is up to its exit codes, and ends a daemon that is restarted on failure only", async () => {
    const { supervisor, engine, state, history } = fakeSupervisor();
    const restart = { policy: "on_failure", success_exit_codes: [0, 42] };
    await supervisor.define({ name: "a", cmd: "x", type: "daemon", restart });
    await turn();
    engine.one("a").exit(1);
    await turn();
    engine.one("a").exit(42);
    expect(state("a")).toBe("exited");
    expect([...history.all.values()].map(({ end }) => end?.outcome.result)).toEqual(["failed", "succeeded"]);
  });

  test("lasts over a kill of the service: what has done its work is not started again", async () => {
    const before = fakeSupervisor();
    await before.supervisor.define({
      name: "a",
      cmd: "x",
      type: "daemon",
      restart: { policy: "on_failure" },
    });
    await turn();
    before.engine.one("a").exit(0);
    const { state, engine } = before.killed();
    await turn();
    expect(state("a")).toBe("exited");
    expect(engine.of("a")).toHaveLength(0);
  });
});
