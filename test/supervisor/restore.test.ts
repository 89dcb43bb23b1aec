/** The service is killed and another one comes: nothing forgotten, nothing doubled. */
import { describe, expect, test } from "bun:test";
import { fakeSupervisor, turn } from "../fakes/supervisor.ts";

const once = (name: string, more: object = {}) => ({ name, cmd: "true", type: "once", ...more });
const daemon = (name: string, more: object = {}) => ({
  name,
  cmd: "true",
  type: "daemon",
  interval: 100,
  ...more,
});
const cron = (name: string) => ({ name, cmd: "true", type: "cron", cron: "* * * * *" });

describe("after a kill", () => {
  test("a live process is taken over: same pid, no second start, and it can be stopped", async () => {
    const before = fakeSupervisor();
    await before.supervisor.define(daemon("a", { replica: 2 }));
    await turn();
    const pids = before.engine.of("a").map(({ pid }) => pid);
    const { supervisor, engine, state } = before.killed();
    await turn();
    expect(engine.of("a").map(({ pid }) => pid)).toEqual(pids);
    expect(state("a", 1)).toBe("running");
    const stopped = supervisor.stop("a");
    for (const process of engine.of("a")) {
      expect(process.signals).toEqual(["TERM"]);
      process.exit(0);
    }
    await stopped;
    expect(state("a")).toBe("stopped");
  });

  test("a daemon that ended meanwhile is lost, and started again by its policy", async () => {
    const before = fakeSupervisor();
    await before.supervisor.define(daemon("a"));
    await turn();
    before.engine.orphanAll();
    before.engine.one("a").exit(0);
    const { clock, engine, state, supervisor } = before.killed();
    expect(state("a")).toBe("backoff");
    expect(supervisor.get("a").instances[0]?.last?.outcome.result).toBe("lost");
    clock.advance(100);
    await turn();
    expect(engine.of("a")).toHaveLength(1);
  });

  test("a once task that was cut off is shown as such and not run again; one that had finished stays so", async () => {
    const before = fakeSupervisor();
    await before.supervisor.define(once("cut"));
    await before.supervisor.define(once("done"));
    await turn();
    before.engine.one("done").exit(3);
    before.engine.orphanAll();
    before.engine.one("cut").exit(0);
    const { engine, state, supervisor } = before.killed();
    await turn();
    expect([state("cut"), state("done")]).toEqual(["exited", "exited"]);
    expect(supervisor.get("cut").instances[0]?.last?.outcome.result).toBe("lost");
    expect(supervisor.get("done").instances[0]?.last?.outcome.exit_code).toBe(3);
    expect(engine.processes).toHaveLength(2);
  });

  test("what a person stopped stays stopped, what was running is wanted, schedules go on", async () => {
    const before = fakeSupervisor();
    for (const task of [daemon("stopped"), daemon("pausing"), cron("cron")])
      await before.supervisor.define(task);
    await turn();
    const stop = before.supervisor.stop("stopped");
    before.engine.one("stopped").exit(0);
    await stop;
    before.engine.one("pausing").exit(1);
    const { engine, state, clock } = before.killed();
    await turn();
    expect([state("stopped"), state("pausing"), state("cron")]).toEqual(["stopped", "running", "scheduled"]);
    clock.advance(60_000);
    await turn();
    expect(engine.of("cron")).toHaveLength(1);
    expect(engine.of("stopped")).toHaveLength(0);
  });

  test("a stop that was under way is finished", async () => {
    const before = fakeSupervisor();
    await before.supervisor.define(daemon("a"));
    await turn();
    void before.supervisor.stop("a");
    const { engine, state } = before.killed();
    expect(state("a")).toBe("stopping");
    engine.one("a").exit(0);
    expect(state("a")).toBe("stopped");
  });

  test("dependents wait for a dependency that was taken over", async () => {
    const before = fakeSupervisor();
    await before.supervisor.define(once("b", { deps: ["a"] }));
    await turn();
    before.engine.one("b").exit(0);
    await before.supervisor.define(once("a"));
    await turn();
    before.clock.advance(1);
    await before.supervisor.restart("b");
    expect(before.state("b")).toBe("waiting");
    const { engine, state } = before.killed();
    await turn();
    expect([state("a"), state("b")]).toEqual(["running", "waiting"]);
    engine.one("a").exit(0);
    await turn();
    expect(state("b")).toBe("running");
  });

  test("a coroutine is started anew", async () => {
    const before = fakeSupervisor();
    await before.supervisor.define({ name: "c", cmd: "x.ts", type: "coroutine" });
    await turn();
    before.engine.orphanAll();
    before.engine.one("c").exit(0);
    const { engine } = before.killed();
    await turn();
    expect(engine.of("c")).toHaveLength(1);
  });
});

describe("the tasks of the file", () => {
  test("unchanged means untouched, changed means anew with the next revision", async () => {
    const { supervisor, engine } = fakeSupervisor();
    await supervisor.merge(daemon("a"));
    await turn();
    const { pid } = engine.one("a");
    await supervisor.merge(daemon("a"));
    expect(engine.one("a").pid).toBe(pid);
    const merged = supervisor.merge(daemon("a", { replica: 2 }));
    engine.one("a").exit(0);
    await merged;
    await turn();
    expect(engine.of("a")).toHaveLength(2);
    expect(supervisor.get("a").revision).toBe(2);
  });
});

test("a service that hands over notes nothing more and starts nothing more", async () => {
  const before = fakeSupervisor();
  await before.supervisor.define(daemon("a"));
  await turn();
  before.supervisor.freeze();
  const writes = before.history.writes;
  before.engine.one("a").exit(0);
  before.clock.advance(60_000);
  expect(before.engine.of("a")).toHaveLength(0);
  expect(before.history.writes).toBe(writes);
});

describe("killed between any two writes", () => {
  /** Defines, restarts, stops and removes; processes end now and then. Returns how many writes that takes. */
  async function scenario(diesAt: number) {
    const world = fakeSupervisor();
    world.history.diesAt = diesAt;
    const { supervisor, engine, clock } = world;
    const settle = async (work: Promise<unknown>, task: string) => {
      for (const process of engine.of(task)) if (process.signals.length > 0) process.exit(0);
      await work;
      await turn();
    };
    await supervisor.define(daemon("d", { replica: 2 }));
    await supervisor.define(once("o"));
    await supervisor.define(once("w", { deps: ["o"] }));
    await supervisor.define(cron("c"));
    await turn();
    engine.of("d")[0]?.exit(1);
    clock.advance(100);
    await turn();
    await settle(supervisor.restart("d"), "d");
    engine.of("o")[0]?.exit(0);
    await turn();
    clock.advance(60_000);
    await turn();
    await settle(supervisor.stop("d"), "d");
    await settle(supervisor.remove("w"), "w");
    return world;
  }

  test("leaves no process without an owner and starts none twice", async () => {
    const { history } = await scenario(Number.POSITIVE_INFINITY);
    for (let n = 1; n <= history.writes + 1; n++) {
      const dead = await scenario(n);
      dead.history.diesAt = Number.POSITIVE_INFINITY;
      const { engine, clock, supervisor } = dead.killed();
      await turn();
      clock.advance(10_000);
      await turn();
      const places = engine.processes.filter(({ alive }) => alive).map(({ request }) => request.alias);
      const owned = supervisor
        .list()
        .flatMap(({ instances }) => instances.filter(({ live }) => live !== null));
      // a process of which nothing was written yet belongs to a call that has not been answered
      const known = places.filter((alias) => owned.some((instance) => instance.alias === alias));
      expect([n, new Set(known).size]).toEqual([n, known.length]);
      for (const run of dead.history.openRuns())
        expect([n, run.alias, owned.some(({ live }) => live?.run === run.run)]).toEqual([n, run.alias, true]);
    }
  });
});
