/** Eight tasks that meet again and again, under each condition: who starts when, who waits for whom, who is stopped first. */
import { describe, expect, test } from "bun:test";
import type { DepCondition } from "../../src/domain/task-policies.ts";
import { fakeSupervisor, turn } from "../fakes/supervisor.ts";

const GRAPH: Record<string, readonly string[]> = {
  a: [],
  b: ["a"],
  c: ["a"],
  d: ["b"],
  e: ["c"],
  f: ["b", "c"],
  g: ["d", "e", "f"],
  h: ["g"],
};
const NAMES = Object.keys(GRAPH);
/** Each row may start when those above are as the condition wants them. */
const ROWS = [["a"], ["b", "c"], ["d", "e", "f"], ["g"], ["h"]];

/** Defined from the last to the first, so that nothing starts for want of what it depends on. */
async function diamond(condition: DepCondition, more: object = {}) {
  const world = fakeSupervisor();
  const deps = (name: string) => GRAPH[name]?.map((task) => ({ task, condition }));
  for (const name of NAMES.toReversed())
    await world.supervisor.define({
      name,
      cmd: "x",
      type: "daemon",
      interval: 100,
      deps: deps(name),
      ...more,
    });
  await turn();
  const { supervisor, engine } = world;
  const started = () => engine.processes.map((each) => each.request.task.name).sort();
  const waitsFor = (name: string) => supervisor.get(name).instances[0]?.waitingFor;
  return { ...world, started, waitsFor };
}

const upTo = (row: number) =>
  ROWS.slice(0, row + 1)
    .flat()
    .sort();

describe("a diamond of eight tasks starts row by row", () => {
  test("idle: when those before have ended", async () => {
    const { engine, started, waitsFor } = await diamond("idle", { type: "once", interval: null });
    expect(waitsFor("h")).toEqual(["a", "b", "c", "d", "e", "f", "g"]);
    for (const [row, names] of ROWS.entries()) {
      expect(started()).toEqual(upTo(row));
      for (const name of names) {
        engine.one(name).exit(1);
        await turn();
      }
    }
  });

  test.each(["exited", "succeeded"] as const)(
    "%s: when those before have run to their end",
    async (condition) => {
      const { engine, started, waitsFor } = await diamond(condition, { type: "once", interval: null });
      const words = condition === "exited" ? "to have run" : "to succeed";
      expect(waitsFor("g")).toEqual([`d ${words}`, `e ${words}`, `f ${words}`]);
      for (const [row, names] of ROWS.entries()) {
        expect(started()).toEqual(upTo(row));
        for (const name of names) {
          engine.one(name).exit(condition === "exited" ? 3 : 0);
          await turn();
        }
      }
    },
  );

  test("started: when those before run", async () => {
    const { engine, supervisor } = await diamond("started");
    await turn();
    const order = engine.processes.map((each) => each.request.task.name);
    for (const name of NAMES)
      for (const before of GRAPH[name] ?? []) expect(order.indexOf(before)).toBeLessThan(order.indexOf(name));
    expect(supervisor.list().map((group) => group.instances[0]?.state.kind)).toEqual(
      NAMES.map(() => "running"),
    );
  });

  test("healthy: when those before are", async () => {
    const health = { tcp: "127.0.0.1:80{index}" };
    const { prober, started, waitsFor } = await diamond("healthy", { health });
    expect(waitsFor("b")).toEqual(["a to be healthy"]);
    for (const [row] of ROWS.entries()) {
      expect(started()).toEqual(upTo(row));
      for (const probe of [...prober.open]) probe.answer(null);
      await turn();
    }
    expect(started()).toEqual(NAMES);
  });
});

test("a diamond is stopped from its end to its beginning", async () => {
  const { engine, supervisor } = await diamond("started");
  await turn();
  const stopped = supervisor.shutdown();
  for (const names of ROWS.toReversed()) {
    await turn();
    const told = engine.processes.filter(({ alive, signals }) => alive && signals.length > 0);
    expect(told.map((each) => each.request.task.name).sort()).toEqual(names);
    for (const process of told) process.exit(0);
  }
  await stopped;
});

describe("when one fails", () => {
  test("what waits says for whom, and why; what does not depend on it goes on", async () => {
    const { engine, supervisor, waitsFor, started } = await diamond("succeeded", {
      type: "once",
      interval: null,
    });
    engine.one("a").exit(0);
    await turn();
    engine.one("b").exit(1);
    engine.one("c").exit(0);
    await turn();
    expect(started()).toEqual(["a", "b", "c", "e"]);
    expect(waitsFor("d")).toEqual(["b (failed: exit code 1)"]);
    expect(waitsFor("f")).toEqual(["b (failed: exit code 1)"]);
    expect(waitsFor("g")).toEqual(["d to succeed", "e to succeed", "f to succeed"]);

    supervisor.start("b");
    await turn();
    expect(waitsFor("d")).toEqual(["b to succeed"]);
    engine.one("b").exit(0);
    await turn();
    expect(started()).toContain("f");
    expect(waitsFor("d")).toEqual([]);
  });

  test("for good, those that want it healthy say so", async () => {
    const restart = { policy: "never" };
    const { engine, waitsFor } = await diamond("healthy", {
      health: { tcp: "h:1" },
      interval: null,
      restart,
    });
    engine.one("a").exit(2);
    await turn();
    expect(waitsFor("b")).toEqual(["a (failed: exit code 2)"]);
  });

  test("its checks, those that want it healthy say why", async () => {
    const { prober, waitsFor } = await diamond("healthy", { health: { tcp: "h:1", retries: 1 } });
    prober.one.answer("connection refused");
    await turn();
    expect(waitsFor("c")).toEqual(["a (unhealthy: connection refused)"]);
  });
});

describe("a dependency that does not exist", () => {
  test("holds back whoever requires it, until it comes", async () => {
    const { supervisor, state } = fakeSupervisor();
    const deps = [{ task: "db", condition: "started" }];
    await supervisor.define({ name: "web", cmd: "x", type: "once", deps });
    expect(supervisor.get("web").instances[0]?.waitingFor).toEqual(["db (no such task)"]);
    await supervisor.define({ name: "db", cmd: "x", type: "daemon" });
    await turn();
    expect(state("web")).toBe("running");
  });

  test("holds back nobody else", async () => {
    const { supervisor, state } = fakeSupervisor();
    const deps = ["nobody", { task: "no-one", condition: "healthy", required: false }];
    await supervisor.define({ name: "web", cmd: "x", type: "once", deps });
    await turn();
    expect(state("web")).toBe("running");
  });
});

describe("a condition", () => {
  test("is looked at when starting: what it was started for may end", async () => {
    const { supervisor, engine, state } = fakeSupervisor();
    await supervisor.define({ name: "db", cmd: "x", type: "once" });
    await turn();
    await supervisor.define({
      name: "web",
      cmd: "x",
      type: "once",
      deps: [{ task: "db", condition: "started" }],
    });
    await turn();
    engine.one("db").exit(0);
    await turn();
    expect(state("web")).toBe("running");
  });

  test("wants every replica", async () => {
    const { supervisor, engine } = fakeSupervisor();
    await supervisor.define({ name: "job", cmd: "x", type: "once", replica: 2 });
    await supervisor.define({
      name: "after",
      cmd: "x",
      type: "once",
      deps: [{ task: "job", condition: "succeeded" }],
    });
    await turn();
    const [first, second] = engine.of("job");
    first?.exit(0);
    await turn();
    expect(engine.of("after")).toHaveLength(0);
    second?.exit(0);
    await turn();
    expect(engine.of("after")).toHaveLength(1);
  });

  test("of an end is about the run that was asked for last, also after a kill of the service", async () => {
    const before = fakeSupervisor();
    await before.supervisor.define({ name: "job", cmd: "x", type: "once" });
    await turn();
    before.engine.one("job").exit(0);
    const { supervisor, engine, state, clock } = before.killed();
    await supervisor.define({
      name: "after",
      cmd: "x",
      type: "once",
      deps: [{ task: "job", condition: "succeeded" }],
    });
    await turn();
    expect(state("after")).toBe("running");
    engine.one("after").exit(0);
    clock.advance(10);
    supervisor.start("job");
    await turn();
    supervisor.start("after");
    await turn();
    expect(state("after")).toBe("waiting");
    engine.one("job").exit(0);
    await turn();
    expect(state("after")).toBe("running");
  });
});
