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

  test.each([
    ["that was being stopped", true],
    ["that was changed in the configuration", false],
  ])("a daemon without a pause %s and has ended meanwhile is not started once more", async (_, stops) => {
    const before = fakeSupervisor();
    await before.supervisor.define(daemon("a", { interval: null }));
    await turn();
    if (stops) void before.supervisor.stop("a");
    before.engine.orphanAll();
    before.engine.one("a").exit(0);
    const { engine, state, history, facts } = before.killed(...(stops ? [] : ["a"]));
    await turn();
    expect(state("a")).toBe("stopped");
    expect(engine.processes).toHaveLength(1);
    expect([...history.all.values()].map(({ end }) => end?.outcome.result)).toEqual(["lost"]);
    expect(facts.map(({ kind }) => kind)).toEqual(["run.finished", "task.stopped"]);
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
    await supervisor.merge([daemon("a")]);
    await turn();
    const { pid } = engine.one("a");
    await supervisor.merge([daemon("a")]);
    expect(engine.one("a").pid).toBe(pid);
    const merged = supervisor.merge([daemon("a", { replica: 2, cwd: "/" })]);
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
  class Killed extends Error {}

  /** From the n-th write on nothing is written, nothing is started and nobody hears of anything: the service is dead. */
  function mortal(diesAt: number) {
    const world = fakeSupervisor();
    let writes = 0;
    const died = Promise.withResolvers<void>();
    const { history, engine } = world;
    const assertAlive = () => {
      if (writes >= diesAt) throw new Killed();
    };
    const die = () => {
      writes++;
      if (writes < diesAt) return;
      engine.orphanAll();
      died.resolve();
      throw new Killed();
    };
    const before = <Args extends unknown[], Value>(work: (...args: Args) => Value) => {
      return (...args: Args) => {
        die();
        return work(...args);
      };
    };
    const original = { ...methodsOf(history), start: engine.start.bind(engine) };
    history.saveTask = before(original.saveTask);
    history.removeTask = before(original.removeTask);
    history.runStarting = before(original.runStarting);
    history.runSpawned = before(original.runSpawned);
    history.runEnded = before(original.runEnded);
    engine.start = (request, listener) => {
      assertAlive();
      return original.start(request, { ...listener, spawned: untilKilled(listener.spawned) });
    };
    const buried = () => {
      Object.assign(history, methodsOf(original));
      engine.start = original.start;
      return world.killed();
    };
    return { ...world, buried, assertAlive, died: died.promise, writes: () => writes };
  }

  /** What an engine tells from a turn of its own has nobody to catch it. */
  function untilKilled<Args extends unknown[]>(tell: (...args: Args) => void): (...args: Args) => void {
    return (...args) => {
      try {
        tell(...args);
      } catch (error) {
        if (!(error instanceof Killed)) throw error;
      }
    };
  }

  function methodsOf(history: FakeMethods): FakeMethods {
    return {
      saveTask: history.saveTask.bind(history),
      removeTask: history.removeTask.bind(history),
      runStarting: history.runStarting.bind(history),
      runSpawned: history.runSpawned.bind(history),
      runEnded: history.runEnded.bind(history),
    };
  }
  type FakeMethods = Pick<
    ReturnType<typeof fakeSupervisor>["history"],
    "saveTask" | "removeTask" | "runStarting" | "runSpawned" | "runEnded"
  >;

  /** Defines, restarts, stops and removes; processes end now and then. Throws Killed when the service is dead. */
  async function scenario({
    supervisor,
    engine,
    clock,
    assertAlive,
  }: ReturnType<typeof mortal>): Promise<void> {
    const settle = async (work?: Promise<unknown>) => {
      await work;
      await turn();
      assertAlive();
    };
    const stopping = async (work: Promise<unknown>, task: string) => {
      for (const process of engine.of(task)) if (process.signals.length > 0) process.exit(0);
      await settle(work);
    };
    await settle(supervisor.define(daemon("d", { replica: 2 })));
    await settle(supervisor.define(once("o")));
    await settle(supervisor.define(once("w", { deps: ["o"] })));
    await settle(supervisor.define(cron("c")));
    engine.of("d")[0]?.exit(1);
    clock.advance(100);
    await settle();
    await stopping(supervisor.restart("d"), "d");
    engine.of("o")[0]?.exit(0);
    await settle();
    clock.advance(60_000);
    await settle();
    await stopping(supervisor.stop("d"), "d");
    await stopping(supervisor.remove("w"), "w");
  }

  /** Plays the scenario to its end, or to its death. */
  async function play(diesAt: number): Promise<ReturnType<typeof mortal>> {
    const world = mortal(diesAt);
    const played = scenario(world).catch((error: unknown) => {
      if (!(error instanceof Killed)) throw error;
    });
    await Promise.race([played, world.died]);
    await turn();
    return world;
  }

  test("leaves no process without an owner, starts none twice, and closes every run that is over", async () => {
    const total = (await play(Number.POSITIVE_INFINITY)).writes();
    expect(total).toBeGreaterThan(30);
    for (let n = 1; n <= total; n++) {
      const dead = await play(n);
      const stored = dead.history.tasks().map(({ task }) => task.name);
      const { engine, clock, supervisor } = dead.buried();
      await turn();
      clock.advance(10_000);
      await turn();
      const alive = engine.processes.filter(({ alive }) => alive).map(({ request }) => request.run);
      const instances = supervisor.list().flatMap((group) => group.instances);
      const owned = instances.flatMap(({ live }) => (live === null ? [] : [live.run]));
      expect([n, alive.sort()]).toEqual([n, owned.sort()]);
      const open = dead.history.openRuns().map(({ run }) => run);
      expect([n, open.sort()]).toEqual([n, owned]);
      expect([n, supervisor.list().map(({ task }) => task.name)]).toEqual([n, stored]);
    }
  });
});
