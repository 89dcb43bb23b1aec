/** Runs of one instance beside each other, as a schedule that allows overlap has them. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { fakeSupervisor, turn } from "../fakes/supervisor.ts";

const T = Date.UTC(2026, 10, 22, 12, 1);

async function overlapping(more: object = {}) {
  const world = fakeSupervisor();
  const schedule = { overlap: "allow", ...more };
  await world.supervisor.define({ name: "a", cmd: "x", type: "cron", cron: "0 0 1 1 *", schedule });
  const [instance] = world.supervisor.get("a").instances;
  if (instance === undefined) throw new Error("no instance");
  const start = async (count: number) => {
    for (let i = 0; i < count; i++) instance.startExtra("schedule", T + i);
    await turn();
  };
  return { ...world, instance, start };
}

describe("runs beside each other", () => {
  test("are each a process of their own under one alias, with the time they are for", async () => {
    const { engine, start, instance, history } = await overlapping();
    await start(3);
    expect(engine.of("a").map(({ request }) => request.alias)).toEqual(["a:0", "a:0", "a:0"]);
    expect(instance.lives).toHaveLength(3);
    expect([...history.all.values()].map(({ scheduledFor }) => scheduledFor)).toEqual([T, T + 1, T + 2]);
  });

  test("keep the instance running until the last has ended, whichever that is", async () => {
    const { engine, start, instance } = await overlapping();
    await start(3);
    const [first, second, third] = engine.of("a");
    first?.exit(0);
    expect([instance.active, instance.state.kind, instance.live?.pid]).toEqual([
      true,
      "running",
      second?.pid,
    ]);
    second?.exit(0);
    third?.exit(4);
    expect([instance.active, instance.state.kind, instance.live]).toEqual([false, "scheduled", null]);
    expect(instance.last?.outcome.exit_code).toBe(4);
  });

  test("are all ended by a stop, which settles with the last", async () => {
    const { engine, start, supervisor, state } = await overlapping();
    await start(3);
    let stopped = false;
    const stop = supervisor.stop("a").then(() => {
      stopped = true;
    });
    const [first, second, third] = engine.of("a");
    first?.exit(0);
    second?.exit(0);
    await turn();
    expect(stopped).toBe(false);
    expect(third?.signals).toEqual(["TERM"]);
    third?.exit(0);
    await stop;
    expect(state("a")).toBe("stopped");
  });

  test("are timed out and repeated each by itself", async () => {
    const { engine, start, clock, instance } = await overlapping({
      timeout_ms: 1000,
      retries: 1,
      retry_delay_ms: 10,
    });
    await start(1);
    clock.advance(600);
    await start(1);
    const [first, second] = engine.of("a");
    clock.advance(400);
    expect([first?.signals, second?.signals]).toEqual([["TERM"], []]);
    first?.exit(0);
    second?.exit(1);
    clock.advance(10);
    await turn();
    expect(instance.lives).toHaveLength(2);
    for (const process of engine.of("a")) process.exit(0);
    expect(instance.active).toBe(false);
  });

  test("are all taken over by the next service", async () => {
    const before = await overlapping();
    await before.start(3);
    const { supervisor, engine, state } = before.killed();
    const [instance] = supervisor.get("a").instances;
    expect(instance?.lives.map(({ pid }) => pid).sort()).toEqual(engine.of("a").map(({ pid }) => pid));
    const stopped = supervisor.stop("a");
    for (const process of engine.of("a")) process.exit(0);
    await stopped;
    expect(state("a")).toBe("stopped");
  });

  test("start the instance's own where nothing goes on", async () => {
    const { engine, start, instance } = await overlapping();
    await start(1);
    engine.one("a").exit(0);
    await start(1);
    expect(instance.lives).toHaveLength(1);
    expect(engine.processes).toHaveLength(2);
  });
});

test("300 random histories: what the instance knows of is what lives, and a stop ends it all", async () => {
  const operations = fc.array(
    fc.constantFrom("time", "exit", "fail", "linger", "leave", "wait", "run", "restart"),
    {
      maxLength: 30,
    },
  );
  const life = async (history: readonly string[], overlap: string) => {
    const { engine, clock, instance, supervisor, state } = await overlapping({
      overlap,
      timeout_ms: 5000,
      retries: 1,
    });
    const lingering: (typeof engine.processes)[number][] = [];
    for (const [i, operation] of history.entries()) {
      const processes = engine.of("a");
      const process = processes[i % Math.max(1, processes.length)];
      if (operation === "time")
        overlap === "allow" ? instance.startExtra("schedule", T + i) : instance.start("schedule", T + i);
      if (operation === "run") instance.start("manual");
      if (operation === "exit") process?.exit(0);
      if (operation === "fail") process?.exit(1);
      if (operation === "wait") clock.advance(1700);
      if (operation === "restart") void supervisor.restart("a").catch(() => undefined);
      if (operation === "linger" && process !== undefined) {
        process.exit(0, true);
        lingering.push(process);
      }
      if (operation === "leave") lingering.pop()?.leave();
      await turn();
      expect(instance.lives.map(({ pid }) => pid).sort()).toEqual(
        engine
          .of("a")
          .map(({ pid }) => pid)
          .sort(),
      );
      if (overlap !== "allow") expect(instance.lives.length).toBeLessThanOrEqual(1);
    }
    const stopped = supervisor.stop("a");
    for (const process of engine.of("a")) process.exit(0);
    for (const process of lingering) process.leave();
    await stopped;
    expect([state("a"), instance.active, engine.of("a").length]).toEqual(["stopped", false, 0]);
    instance.start("manual");
    await turn();
    expect(instance.lives).toHaveLength(1);
  };
  await fc.assert(fc.asyncProperty(operations, fc.constantFrom("allow", "skip"), life), { numRuns: 300 });
}, 60_000);
