import { describe, expect, test } from "bun:test";
import { MeprocError } from "../../src/domain/errors.ts";
import { fakeSupervisor, turn } from "../fakes/supervisor.ts";

const once = (name: string, more: object = {}) => ({ name, cmd: "true", type: "once", ...more });
const daemon = (name: string, more: object = {}) => ({
  name,
  cmd: "true",
  type: "daemon",
  interval: 100,
  ...more,
});
const cron = (name: string, more: object = {}) => ({
  name,
  cmd: "true",
  type: "cron",
  cron: "* * * * *",
  ...more,
});

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  return error instanceof MeprocError ? error.code : String(error);
}

describe("defining", () => {
  test("starts every replica, and the name is taken", async () => {
    const { supervisor, engine, state } = fakeSupervisor();
    await supervisor.define(once("a", { replica: 3 }));
    await turn();
    expect(engine.of("a").map((each) => each.request.alias)).toEqual(["a:0", "a:1", "a:2"]);
    expect(state("a", 2)).toBe("running");
    expect(await codeOf(supervisor.define(once("a")))).toBe("already_exists");
  });

  test("two at the same moment under one name give one task, also while users are looked up", async () => {
    const { supervisor, engine } = fakeSupervisor();
    const both = [supervisor.define(once("a", { user: "x" })), supervisor.define(once("a", { user: "x" }))];
    const results = await Promise.allSettled(both);
    await turn();
    expect(results.map((each) => each.status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(engine.of("a")).toHaveLength(1);
  });

  test("refuses a cycle by naming it, and a user that does not exist; nothing is left of either", async () => {
    const { supervisor, engine } = fakeSupervisor();
    await supervisor.define(once("a", { deps: ["b"] }));
    expect(supervisor.define(once("b", { deps: ["a"] }))).rejects.toThrow("b → a → b");
    expect(await codeOf(supervisor.define(once("c", { user: "nobody-here" })))).toBe("invalid");
    await supervisor.define(once("c"));
    await turn();
    expect(engine.processes.map((each) => each.request.task.name)).toEqual(["a", "c"]);
  });
});

describe("dependencies", () => {
  test("the sequence of the 1.x README", async () => {
    const { supervisor, engine, state } = fakeSupervisor();
    await supervisor.define(once("sleep1"));
    await supervisor.define(once("sleep2", { deps: ["sleep1"] }));
    await supervisor.define(once("sleep3", { deps: ["sleep1", "sleep2"] }));
    await turn();
    expect([state("sleep1"), state("sleep2"), state("sleep3")]).toEqual(["running", "waiting", "waiting"]);

    const removed = supervisor.remove("sleep1");
    engine.one("sleep1").exit(0);
    await removed;
    await turn();
    expect([state("sleep2"), state("sleep3")]).toEqual(["running", "waiting"]);

    await supervisor.define(once("sleep1"));
    await turn();
    expect(state("sleep1")).toBe("running");
    const restarted = supervisor.restart("sleep1");
    engine.one("sleep1").exit(0);
    await restarted;
    await turn();
    expect([state("sleep1"), state("sleep3")]).toEqual(["running", "waiting"]);

    engine.one("sleep2").exit(0);
    await turn();
    expect(state("sleep3")).toBe("waiting");
    engine.one("sleep1").exit(0);
    await turn();
    expect(state("sleep3")).toBe("running");
  });

  test("when the first of a chain ends, the last goes on waiting for the middle", async () => {
    const { supervisor, engine, state } = fakeSupervisor();
    for (const [name, deps] of [
      ["a", []],
      ["b", ["a"]],
      ["c", ["a", "b"]],
    ] as const)
      await supervisor.define(once(name, { deps }));
    await turn();
    engine.one("a").exit(0);
    await turn();
    expect([state("b"), state("c")]).toEqual(["running", "waiting"]);
    expect(supervisor.get("c").instances[0]?.waitingFor).toEqual(["b"]);
  });

  test("a name that does not exist and a task that has ended hold nothing back", async () => {
    const { supervisor, engine, state } = fakeSupervisor();
    await supervisor.define(once("a"));
    await turn();
    engine.one("a").exit(1);
    await supervisor.define(once("b", { deps: ["a", "nobody"] }));
    await turn();
    expect(state("b")).toBe("running");
  });

  test("a daemon between two runs still holds its dependents back", async () => {
    const { supervisor, engine, state } = fakeSupervisor();
    await supervisor.define(daemon("a"));
    await turn();
    engine.one("a").exit(1);
    await supervisor.define(once("b", { deps: ["a"] }));
    await turn();
    expect([state("a"), state("b")]).toEqual(["backoff", "waiting"]);
  });
});

describe("a daemon", () => {
  test("is started again after exactly its interval, whatever its exit", async () => {
    const { supervisor, engine, clock } = fakeSupervisor();
    await supervisor.define(daemon("a"));
    await turn();
    engine.one("a").exit(0);
    clock.advance(99);
    expect(engine.of("a")).toHaveLength(0);
    clock.advance(1);
    expect(engine.of("a")).toHaveLength(1);
    expect(supervisor.get("a").instances[0]?.restarts).toBe(1);
  });

  test("that is stopped in its pause stays stopped", async () => {
    const { supervisor, engine, clock } = fakeSupervisor();
    await supervisor.define(daemon("a"));
    await turn();
    engine.one("a").exit(0);
    await supervisor.stop("a");
    clock.advance(60_000);
    expect(engine.of("a")).toHaveLength(0);
  });
});

describe("a schedule", () => {
  test("starts at its times and not before", async () => {
    const { supervisor, engine, clock, state } = fakeSupervisor();
    clock.advance(45_000);
    await supervisor.define(cron("a", { replica: 2 }));
    await turn();
    expect(state("a")).toBe("scheduled");
    clock.advance(14_999);
    expect(engine.processes).toHaveLength(0);
    clock.advance(1);
    await turn();
    expect(engine.of("a")).toHaveLength(2);
  });

  test("that is still running at its time is not started twice, and that is told", async () => {
    const { supervisor, engine, clock, facts } = fakeSupervisor();
    await supervisor.define(cron("a"));
    clock.advance(60_000);
    await turn();
    clock.advance(60_000);
    await turn();
    expect(engine.processes).toHaveLength(1);
    expect(facts).toContainEqual({
      kind: "schedule.skipped",
      reason: "still running",
      task: "a",
      scheduled_for: "2026-11-22T12:02:00.000Z",
    });
    engine.one("a").exit(0);
    clock.advance(60_000);
    await turn();
    expect(engine.processes).toHaveLength(2);
  });

  test("that is restarted ends its run and waits for its next time", async () => {
    const { supervisor, engine, clock, state } = fakeSupervisor();
    await supervisor.define(cron("a"));
    clock.advance(60_000);
    await turn();
    const restarted = supervisor.restart("a");
    engine.one("a").exit(0);
    await restarted;
    expect(state("a")).toBe("scheduled");
    clock.advance(60_000);
    await turn();
    expect(engine.of("a")).toHaveLength(1);
  });

  test("that is stopped has no next time", async () => {
    const { supervisor, engine, clock } = fakeSupervisor();
    await supervisor.define(cron("a"));
    await supervisor.stop("a");
    expect(supervisor.get("a").nextRunAt).toBeNull();
    clock.advance(600_000);
    expect(engine.processes).toHaveLength(0);
  });
});

describe("stopping", () => {
  test("removing answers when the last process is gone, and only then is the name free", async () => {
    const { supervisor, engine } = fakeSupervisor();
    await supervisor.define(once("a", { replica: 2 }));
    await turn();
    let removed = false;
    const removal = supervisor.remove("a").then(() => {
      removed = true;
    });
    const [first, second] = engine.of("a");
    first?.exit(0);
    await turn();
    expect(removed).toBe(false);
    expect(await codeOf(supervisor.define(once("a")))).toBe("already_exists");
    second?.exit(0);
    await removal;
    await supervisor.define(once("a"));
  });

  test("a restart waits for what the old run left behind before it starts anew", async () => {
    const { supervisor, engine } = fakeSupervisor();
    await supervisor.define(once("a"));
    await turn();
    const old = engine.one("a");
    const restarted = supervisor.restart("a");
    old.exit(0, true);
    await turn();
    expect(engine.of("a")).toHaveLength(0);
    old.leave();
    await restarted;
    await turn();
    expect(engine.of("a")).toHaveLength(1);
  });

  test("all replicas are gone before the first is started again", async () => {
    const { supervisor, engine } = fakeSupervisor();
    await supervisor.define(once("a", { replica: 2 }));
    await turn();
    const [first, second] = engine.of("a");
    const restarted = supervisor.restart("a");
    first?.exit(0);
    await turn();
    expect(engine.of("a")).toHaveLength(1);
    second?.exit(0);
    await restarted;
    await turn();
    expect(engine.of("a")).toHaveLength(2);
  });

  test("kills after ten seconds, and says so when even that does not help", async () => {
    const { supervisor, engine, clock, state } = fakeSupervisor();
    await supervisor.define(once("a"));
    await turn();
    const removal = codeOf(supervisor.remove("a"));
    clock.advance(9_999);
    expect(engine.one("a").signals).toEqual(["TERM"]);
    clock.advance(1);
    expect(engine.one("a").signals).toEqual(["TERM", "KILL"]);
    clock.advance(5_000);
    expect(await removal).toBe("conflict");
    expect(state("a")).toBe("failed");
  });

  test("the service stops dependents before what they depend on, and takes no new work", async () => {
    const { supervisor, engine } = fakeSupervisor();
    await supervisor.define(daemon("db"));
    await turn();
    await supervisor.define(cron("report"));
    await supervisor.define(once("app"));
    const stopped = supervisor.shutdown();
    expect(await codeOf(supervisor.define(once("late")))).toBe("shutting_down");
    await turn();
    expect(engine.one("db").signals).toEqual(["TERM"]);
    engine.one("db").exit(0);
    engine.one("app").exit(0);
    await stopped;
    expect(engine.processes.filter((each) => each.alive)).toEqual([]);
  });

  test("what depends on a running task is stopped before it", async () => {
    const { supervisor, engine } = fakeSupervisor();
    await supervisor.define(once("app", { deps: ["db"] }));
    await supervisor.define(daemon("db"));
    await turn();
    const stopped = supervisor.shutdown();
    await turn();
    expect([engine.one("app").signals, engine.one("db").signals]).toEqual([["TERM"], []]);
    engine.one("app").exit(0);
    await turn();
    expect(engine.one("db").signals).toEqual(["TERM"]);
    engine.one("db").exit(0);
    await stopped;
  });
});

test("facts tell a task's life once each, in order", async () => {
  const { supervisor, engine, facts } = fakeSupervisor();
  await supervisor.define(once("a", { user: "guest" }));
  await turn();
  engine.one("a").exit(3);
  await supervisor.remove("a");
  expect(facts.map((fact) => fact.kind)).toEqual([
    "task.created",
    "task.started",
    "run.started",
    "run.finished",
    "task.stopped",
    "instance.stopped",
    "task.removed",
  ]);
});
