/** Definitions change under processes that go on: PUT, PATCH, scaling, revisions, hidden values. */
import { describe, expect, test } from "bun:test";
import { InvalidError, type MeprocError, RevisionError } from "../../src/domain/errors.ts";
import { completeTask } from "../../src/domain/task.ts";
import { changedFields, changesStart, definitionOf, mergePatch } from "../../src/supervisor/change.ts";
import type { FakeEngine } from "../fakes/engine.ts";
import { fakeSupervisor, turn } from "../fakes/supervisor.ts";

const daemon = (name: string, more: object = {}) => ({ name, cmd: "true", type: "daemon", ...more });
const once = (name: string, more: object = {}) => ({ name, cmd: "true", type: "once", ...more });
const cron = (name: string, more: object = {}) => ({ name, cmd: "true", type: "cron", ...more });

const pidsOf = (engine: FakeEngine, name: string) => engine.of(name).map(({ pid }) => pid);
const errorOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => null,
    (error: unknown) => error,
  );
async function issuesOf(promise: Promise<unknown>): Promise<string[]> {
  const error = await errorOf(promise);
  return error instanceof InvalidError ? error.issues.map(({ path, message }) => `${path} ${message}`) : [];
}
/** Ends each process that has been told to end. */
function obey(engine: FakeEngine, name: string): void {
  for (const process of engine.of(name)) if (process.signals.length > 0) process.exit(0);
}

test("a task is itself a definition: made again from it, nothing differs", () => {
  const task = completeTask({
    name: "a",
    cmd: ["x", "y"],
    type: "daemon",
    deps: ["b", { task: "c", condition: "healthy" }],
    restart: { delay_ms: 1 },
  });
  expect(changedFields(task, completeTask(definitionOf(task) as never))).toEqual([]);
});

test.each([
  [{ description: "x", replica: 3, env: { K: "***" } }, false],
  [{ env: { K: "other" } }, true],
  [{ env: { K: "v", L: "***" } }, true],
  [{ deps: ["b"] }, true],
  [{ cmd: "false" }, true],
])("whether %j makes its start another one: %p", (more, expected) => {
  const before = completeTask({ name: "a", cmd: "true", type: "daemon", env: { K: "v" } });
  const after = completeTask({ name: "a", cmd: "true", type: "daemon", env: { K: "v" }, ...more });
  expect(changesStart(before, after)).toBe(expected);
});

describe("a merge patch (RFC 7396)", () => {
  test.each([
    [{ a: "b" }, { a: "c" }, { a: "c" }],
    [{ a: "b" }, { b: "c" }, { a: "b", b: "c" }],
    [{ a: "b" }, { a: null }, {}],
    [{ a: ["b"] }, { a: "c" }, { a: "c" }],
    [{ a: "c" }, { a: ["b"] }, { a: ["b"] }],
    [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
    [{ a: [{ b: "c" }] }, { a: [1] }, { a: [1] }],
    [
      ["a", "b"],
      ["c", "d"],
      ["c", "d"],
    ],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: "b", c: null }, { a: "b" }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])("%j with %j is %j", (target, patch, result) => expect(mergePatch(target, patch)).toEqual(result));
});

describe("replacing", () => {
  test("makes a task that does not exist; the same again changes nothing", async () => {
    const { supervisor, engine, history } = fakeSupervisor();
    const { created, changed } = await supervisor.replace("a", { cmd: "true", type: "daemon" });
    await turn();
    expect([created, changed]).toEqual([true, []]);
    const writes = history.writes;
    const again = await supervisor.replace("a", daemon("a"));
    expect([again.created, again.changed, again.group.revision]).toEqual([false, [], 1]);
    expect(history.writes).toBe(writes);
    expect(engine.processes).toHaveLength(1);
  });

  test("what concerns no process takes effect on those that run", async () => {
    const { supervisor, engine, clock, facts } = fakeSupervisor();
    await supervisor.define(daemon("a", { interval: 100, replica: 2 }));
    await turn();
    const pids = pidsOf(engine, "a");
    const { changed, group } = await supervisor.replace(
      "a",
      daemon("a", { interval: 500, replica: 2, description: "x" }),
    );
    expect([changed, group.revision]).toEqual([["interval", "description"], 2]);
    expect(pidsOf(engine, "a")).toEqual(pids);
    expect(facts.at(-1)).toEqual({
      kind: "task.changed",
      task: "a",
      revision: 2,
      fields: ["interval", "description"],
      actor: "api",
    });
    engine.of("a")[0]?.exit(1);
    clock.advance(499);
    expect(engine.of("a")).toHaveLength(1);
    clock.advance(1);
    expect(engine.of("a")).toHaveLength(2);
  });

  test("another command ends the processes there are and starts them with it, all old ones gone first", async () => {
    const { supervisor, engine } = fakeSupervisor();
    await supervisor.define(daemon("a", { replica: 2 }));
    await turn();
    const [first, second] = engine.of("a");
    const replaced = supervisor.replace("a", daemon("a", { replica: 2, cmd: "false" }));
    await turn();
    first?.exit(0);
    await turn();
    expect(engine.of("a")).toEqual([second as never]);
    second?.exit(0);
    await replaced;
    expect(engine.of("a").map(({ request }) => request.task.cmd)).toEqual(["false", "false"]);
  });

  test("leaves a stopped task stopped, and one that has run to its end at rest", async () => {
    const { supervisor, engine, state } = fakeSupervisor();
    await supervisor.define(daemon("a", { autostart: false }));
    await supervisor.define(once("b"));
    await turn();
    engine.one("b").exit(0);
    await supervisor.replace("a", daemon("a", { cmd: "false" }));
    await supervisor.replace("b", once("b", { cmd: "false" }));
    await turn();
    expect([state("a"), state("b"), engine.processes.length]).toEqual(["stopped", "exited", 1]);
  });

  test("starts what had failed for its command", async () => {
    const { supervisor, engine, state } = fakeSupervisor();
    const defined = supervisor.define(once("a"));
    engine.one("a").fail("no such file");
    await defined;
    expect(state("a")).toBe("failed");
    await supervisor.replace("a", once("a", { cmd: "false" }));
    await turn();
    expect(state("a")).toBe("running");
  });

  test("turns a daemon into a schedule and back", async () => {
    const { supervisor, engine, clock, state } = fakeSupervisor();
    await supervisor.define(daemon("a"));
    await turn();
    const toCron = supervisor.replace("a", cron("a"));
    await turn();
    obey(engine, "a");
    const { group } = await toCron;
    expect([state("a"), group.desired, group.nextRunAt !== null]).toEqual(["scheduled", "enabled", true]);
    await supervisor.replace("a", daemon("a"));
    await turn();
    expect([state("a"), group.desired, group.nextRunAt]).toEqual(["running", "running", null]);
    clock.advance(60_000);
    expect(engine.of("a")).toHaveLength(1);
  });

  test("another schedule counts from now on, and touches no run", async () => {
    const { supervisor, engine, clock } = fakeSupervisor();
    await supervisor.define(cron("a", { cron: "0 0 1 1 *", schedule: { catch_up: "all" } }));
    clock.advance(3_600_000);
    await supervisor.patch("a", { cron: "* * * * *" });
    expect(engine.processes).toHaveLength(0);
    clock.advance(60_000);
    await turn();
    const { pid } = engine.one("a");
    await supervisor.patch("a", { cron: "0 * * * *" });
    expect(engine.one("a").pid).toBe(pid);
  });

  test("refuses another name, a cycle and a user that does not exist, and changes nothing then", async () => {
    const { supervisor, engine } = fakeSupervisor();
    await supervisor.define(daemon("a"));
    await supervisor.define(once("b", { deps: ["a"] }));
    await turn();
    expect(await issuesOf(supervisor.replace("a", daemon("c")))).toEqual([
      "/name a task cannot be renamed: expected its own name, or none",
    ]);
    expect(await issuesOf(supervisor.patch("a", { deps: ["b"] }))).toEqual(["/deps a cycle: a → b → a"]);
    expect(await issuesOf(supervisor.patch("a", { user: "nobody-here" }))).toEqual([
      "/user there is no such user",
    ]);
    expect(supervisor.get("a").revision).toBe(1);
    expect(engine.one("a").signals).toEqual([]);
  });

  test("asks for the user only where processes are concerned: it may be gone by now", async () => {
    const accounts = new Set(["guest"]);
    const resolve = (user: string | null) =>
      accounts.has(user ?? "") ? { uid: 1, gid: 1, account: null } : new Error("there is no such user");
    const { supervisor, engine } = fakeSupervisor({
      users: { resolve: (user) => Promise.resolve(resolve(user)) },
    });
    await supervisor.define(daemon("a", { user: "guest" }));
    await turn();
    accounts.clear();
    await supervisor.patch("a", { replica: 2, description: "x" });
    const set = { tasks: [daemon("a", { user: "guest", replica: 2, description: "y" })] };
    expect((await supervisor.apply(set)).changed).toEqual([{ name: "a", fields: ["description"] }]);
    expect(await issuesOf(supervisor.patch("a", { cmd: "other" }))).toEqual(["/user there is no such user"]);
    expect(engine.of("a").flatMap(({ signals }) => signals)).toEqual([]);
  });

  test("of a task that is on its way out waits until it is gone, and makes it anew", async () => {
    const { supervisor, engine } = fakeSupervisor();
    await supervisor.define(daemon("a"));
    await turn();
    const removed = supervisor.remove("a");
    const replaced = supervisor.replace("a", daemon("a"));
    await turn();
    expect(engine.of("a")).toHaveLength(1);
    obey(engine, "a");
    await removed;
    expect((await replaced).created).toBe(true);
    await turn();
    expect(engine.of("a")).toHaveLength(1);
  });
});

describe("a revision", () => {
  test("that is not the one in force refuses the change", async () => {
    const { supervisor } = fakeSupervisor();
    await supervisor.define(daemon("a"));
    await supervisor.patch("a", { description: "x" }, { ifMatch: 1 });
    for (const late of [
      supervisor.patch("a", { description: "y" }, { ifMatch: 1 }),
      supervisor.replace("a", daemon("a"), { ifMatch: 1 }),
      supervisor.replace("b", daemon("b"), { ifMatch: 1 }),
    ])
      expect(await errorOf(late)).toBeInstanceOf(RevisionError);
    expect(() => supervisor.remove("a", { ifMatch: 1 })).toThrow(RevisionError);
    expect(supervisor.get("a").task.description).toBe("x");
  });

  test("of two changes at the same moment on one revision, one is made", async () => {
    const { supervisor } = fakeSupervisor();
    await supervisor.define(daemon("a"));
    const both = ["x", "y"].map((user) => supervisor.patch("a", { user }, { ifMatch: 1 }));
    await turn();
    const results = await Promise.allSettled(both.map((each) => Promise.race([each, turn()])));
    expect(results.filter(({ status }) => status === "rejected")).toHaveLength(1);
    expect(supervisor.get("a").revision).toBe(2);
  });
});

describe("scaling", () => {
  test("up and down touches no other replica, and the highest go", async () => {
    const { supervisor, engine } = fakeSupervisor();
    await supervisor.define(daemon("a", { replica: 2 }));
    await turn();
    const pids = pidsOf(engine, "a");
    await supervisor.patch("a", { replica: 4 });
    await turn();
    expect(engine.of("a").map(({ request }) => request.alias)).toEqual(["a:0", "a:1", "a:2", "a:3"]);
    expect(pidsOf(engine, "a").slice(0, 2)).toEqual(pids);
    let done = false;
    const down = supervisor.patch("a", { replica: 1 }).then(() => {
      done = true;
    });
    await turn();
    expect(engine.of("a").map(({ signals }) => signals.length)).toEqual([0, 1, 1, 1]);
    expect([done, supervisor.get("a").instances.length]).toEqual([false, 4]);
    obey(engine, "a");
    await down;
    expect(pidsOf(engine, "a")).toEqual(pids.slice(0, 1));
    expect(supervisor.get("a").instances).toHaveLength(1);
  });

  test("up again before the old ones are gone starts each place once, when its old process is gone", async () => {
    const { supervisor, engine } = fakeSupervisor();
    await supervisor.define(daemon("a", { replica: 3 }));
    await turn();
    const down = supervisor.patch("a", { replica: 1 });
    await turn();
    const up = supervisor.patch("a", { replica: 3 });
    await turn();
    expect(engine.processes).toHaveLength(3);
    obey(engine, "a");
    await Promise.all([down, up]);
    await turn();
    expect(engine.of("a").map(({ request }) => request.alias)).toEqual(["a:0", "a:1", "a:2"]);
    expect(engine.processes).toHaveLength(5);
  });

  test("a stopped task starts nothing by it", async () => {
    const { supervisor, engine } = fakeSupervisor();
    await supervisor.define(daemon("a", { autostart: false }));
    await supervisor.patch("a", { replica: 3 });
    await turn();
    expect(engine.processes).toHaveLength(0);
    await supervisor.start("a");
    await turn();
    expect(engine.of("a")).toHaveLength(3);
  });

  test("down, and the service is killed before they are gone: the next one ends them", async () => {
    const before = fakeSupervisor();
    await before.supervisor.define(daemon("a", { replica: 3 }));
    await turn();
    void errorOf(before.supervisor.patch("a", { replica: 1 }));
    await turn();
    const { supervisor, engine, history } = before.killed();
    await turn();
    expect(engine.of("a").map(({ signals }) => signals)).toEqual([[], ["TERM", "TERM"], ["TERM", "TERM"]]);
    obey(engine, "a");
    await turn();
    expect(supervisor.get("a").instances).toHaveLength(1);
    expect(history.openRuns().map(({ index }) => index)).toEqual([0]);
  });
});

describe("values of env", () => {
  test("given back as they are shown stay as they were; where none is known they are refused", async () => {
    const { supervisor, engine } = fakeSupervisor();
    await supervisor.define(daemon("a", { env: { KEY: "secret", B: "1" } }));
    await turn();
    const same = await supervisor.replace("a", daemon("a", { env: { KEY: "***", B: "1" } }));
    expect(same.changed).toEqual([]);
    const patched = supervisor.patch("a", { env: { KEY: "***", B: null, C: "2" } });
    await turn();
    obey(engine, "a");
    expect((await patched).changed).toEqual(["env"]);
    expect(supervisor.get("a").task.env).toEqual({ KEY: "secret", C: "2" });
    expect(await issuesOf(supervisor.patch("a", { env: { D: "***" } }))).toEqual([
      "/env/D *** stands for the value that is known, and none is",
    ]);
    expect(await issuesOf(supervisor.define(daemon("b", { env: { D: "***" } })))).toHaveLength(1);
  });
});

test("limits that this machine cannot set are refused by their reason", async () => {
  const limits = { unavailable: () => "there is no cgroup controller memory here" };
  const { supervisor } = fakeSupervisor({ limits });
  expect(await issuesOf(supervisor.define(daemon("a", { limits: { memory_bytes: 1 << 20 } })))).toEqual([
    "/limits there is no cgroup controller memory here",
  ]);
});

test("while the service stops nothing is changed", async () => {
  const { supervisor } = fakeSupervisor();
  await supervisor.define(once("a", { autostart: false }));
  await supervisor.shutdown();
  for (const late of [
    supervisor.replace("a", once("a")),
    supervisor.patch("a", {}),
    supervisor.apply({ tasks: [] }),
  ])
    expect(await errorOf(late)).toMatchObject({ code: "shutting_down" } satisfies Partial<MeprocError>);
});
