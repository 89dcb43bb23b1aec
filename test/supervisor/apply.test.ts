/** Whole sets of tasks: what would change, and just that. */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import fc from "fast-check";
import { InvalidError } from "../../src/domain/errors.ts";
import { openDatabase } from "../../src/store/database.ts";
import { SqliteStore } from "../../src/store/sqlite-store.ts";
import type { FakeEngine } from "../fakes/engine.ts";
import { fakeSupervisor, turn } from "../fakes/supervisor.ts";
import { whenDone } from "../helpers/cleanup.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";

const daemon = (name: string, more: object = {}) => ({ name, cmd: "true", type: "daemon", ...more });
const once = (name: string, more: object = {}) => ({ name, cmd: "true", type: "once", ...more });
const NOTHING = { added: [], changed: [], removed: [], unchanged: [] };

async function issuesOf(promise: Promise<unknown>): Promise<string[]> {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof InvalidError)) throw new Error("it was not refused");
  return error.issues.map(({ path, message }) => `${path} ${message}`);
}

/** Whatever is told to end does so at once. */
function obedient(engine: FakeEngine): FakeEngine {
  const start = engine.start.bind(engine);
  engine.start = (request, listener) => {
    const handle = start(request, listener);
    const process = engine.processes.at(-1);
    const terminate = process?.terminate.bind(process);
    if (process !== undefined)
      process.terminate = () => {
        terminate?.();
        queueMicrotask(() => {
          if (process.alive) process.exit(0);
        });
      };
    return handle;
  };
  return engine;
}

describe("a set", () => {
  test("is planned without a change, applied, and the same again changes nothing", async () => {
    const { supervisor, engine, history } = fakeSupervisor();
    obedient(engine);
    const set = { tasks: [daemon("a"), once("b", { deps: ["a"] })] };
    const added = { ...NOTHING, added: ["a", "b"] };
    expect(await supervisor.plan(set)).toEqual(added);
    expect(supervisor.list()).toEqual([]);
    expect(await supervisor.apply(set)).toEqual(added);
    await turn();
    expect(engine.processes.map(({ request }) => request.task.name)).toEqual(["a"]);
    const writes = history.writes;
    expect(await supervisor.apply(set)).toEqual({ ...NOTHING, unchanged: ["a", "b"] });
    expect([history.writes, engine.processes.length]).toEqual([writes, 1]);
  });

  test("tells what differs field by field, and never a value", async () => {
    const { supervisor } = fakeSupervisor();
    await supervisor.define(daemon("a", { env: { KEY: "s3cret" }, autostart: false }));
    const set = { tasks: [daemon("a", { env: { KEY: "0ther" }, replica: 2, autostart: false })] };
    const plan = await supervisor.plan(set);
    expect(plan).toEqual({ ...NOTHING, changed: [{ name: "a", fields: ["replica", "env"] }] });
    expect(JSON.stringify(plan)).not.toMatch(/s3cret|0ther/);
  });

  test("with a name removes what it had before and has no longer; others stay", async () => {
    const { supervisor, engine } = fakeSupervisor();
    obedient(engine);
    await supervisor.define(daemon("mine"));
    await supervisor.apply({ set: "shop", tasks: [daemon("a"), daemon("b")] });
    await supervisor.apply({ set: "other", tasks: [daemon("c")] });
    expect(await supervisor.apply({ set: "shop", tasks: [daemon("b")] })).toEqual({
      ...NOTHING,
      removed: ["a"],
      unchanged: ["b"],
    });
    await turn();
    expect(supervisor.list().map(({ task }) => task.name)).toEqual(["mine", "b", "c"]);
    expect(engine.of("a")).toEqual([]);
    expect(await supervisor.apply({ tasks: [] })).toEqual(NOTHING);
  });

  test("runs a task again that had run to its end, if it reads otherwise", async () => {
    const { supervisor, engine } = fakeSupervisor();
    await supervisor.apply({ tasks: [once("migrate")] });
    await turn();
    engine.one("migrate").exit(0);
    await supervisor.apply({ tasks: [once("migrate")] });
    expect(engine.processes).toHaveLength(1);
    await supervisor.apply({ tasks: [once("migrate", { cmd: "migrate 2" })] });
    await turn();
    expect(engine.one("migrate").request.task.cmd).toBe("migrate 2");
  });

  test("leaves what a person has stopped stopped", async () => {
    const { supervisor, engine } = fakeSupervisor();
    await supervisor.apply({ tasks: [daemon("a", { autostart: false })] });
    await supervisor.apply({ tasks: [daemon("a", { autostart: false, cmd: "false" })] });
    await turn();
    expect(engine.processes).toEqual([]);
  });
});

describe("one bad task in a set changes nothing at all", () => {
  const bad: [string, unknown, string[]][] = [
    [
      "a wrong field",
      [daemon("a"), { ...daemon("b"), replica: 0 }],
      ["/tasks/1/replica expected an integer from 1 to 1000"],
    ],
    ["no object", [daemon("a"), "b"], ["/tasks/1 expected an object"]],
    ["a name twice", [daemon("a"), daemon("a")], ["/tasks/1/name an earlier task of the set has this name"]],
    [
      "a cycle",
      [daemon("a", { deps: ["b"] }), daemon("b", { deps: ["c"] }), daemon("c", { deps: ["a"] })],
      [
        "/tasks/0/deps a cycle: a → b → c → a",
        "/tasks/1/deps a cycle: b → c → a → b",
        "/tasks/2/deps a cycle: c → a → b → c",
      ],
    ],
    [
      "no such user",
      [daemon("a"), daemon("b", { user: "nobody-here" })],
      ["/tasks/1/user there is no such user"],
    ],
    [
      "*** for nothing",
      [daemon("a"), daemon("b", { env: { K: "***" } })],
      ["/tasks/1/env/K *** stands for the value that is known, and none is"],
    ],
    [
      "two of them",
      [
        { ...daemon("a"), cmd: "" },
        { ...daemon("b"), cmdd: 1 },
      ],
      [
        "/tasks/0/cmd expected a text that is not empty",
        "/tasks/1/cmdd there is no such field; did you mean cmd?",
      ],
    ],
  ];
  test.each(bad)("%s", async (_, tasks, issues) => {
    const { supervisor, engine, history } = fakeSupervisor();
    await supervisor.apply({ set: "s", tasks: [daemon("known")] });
    await turn();
    const writes = history.writes;
    expect(await issuesOf(supervisor.apply({ set: "s", tasks }))).toEqual(issues);
    expect(await issuesOf(supervisor.plan({ set: "s", tasks }))).toEqual(issues);
    expect(supervisor.list().map(({ task }) => task.name)).toEqual(["known"]);
    expect([history.writes, engine.one("known").signals]).toEqual([writes, []]);
  });

  test("a cycle through a task that is not in the set counts, through one that it removes does not", async () => {
    const { supervisor } = fakeSupervisor();
    await supervisor.define(once("out", { deps: ["a"], autostart: false }));
    expect(await issuesOf(supervisor.plan({ tasks: [once("a", { deps: ["out"] })] }))).toEqual([
      "/tasks/0/deps a cycle: a → out → a",
    ]);
    await supervisor.apply({ set: "s", tasks: [once("in", { deps: ["b"], autostart: false })] });
    const plan = await supervisor.plan({ set: "s", tasks: [once("b", { deps: ["in"] })] });
    expect(plan).toEqual({ ...NOTHING, added: ["b"], removed: ["in"] });
  });

  test.each([
    [null, " expected an object"],
    [{}, "/tasks required, but not given"],
    [{ tasks: {} }, "/tasks expected a list of which each is a task"],
    [{ tasks: [], sets: "x" }, "/sets there is no such field; did you mean set?"],
    [{ tasks: [], set: 5 }, "/set expected a text of 1 to 128 characters"],
  ])("%j is no set", async (input, issue) => {
    expect(await issuesOf(fakeSupervisor().supervisor.plan(input))).toEqual([issue]);
  });
});

test("a dependency that no task has is no fault, and holds back only what requires it (fault 27)", async () => {
  const { supervisor, state } = fakeSupervisor();
  await supervisor.apply({
    tasks: [once("a", { deps: ["none"] }), once("b", { deps: [{ task: "none" }] })],
  });
  await turn();
  expect([state("a"), state("b")]).toEqual(["running", "waiting"]);
  expect(supervisor.get("b").instances[0]?.waitingFor).toEqual(["none (no such task)"]);
});

test("of 200 tasks one changed: one process is restarted, and none when applied again; with the store within 100 ms", async () => {
  const database = openDatabase(join(temporaryFolder(), "meproc.db"));
  const trouble = (text: string) => {
    throw new Error(text);
  };
  const store = new SqliteStore({
    database,
    onTrouble: trouble,
    onRecovery: () => undefined,
    onRefusal: trouble,
  });
  whenDone(() => store.close());
  const { supervisor, engine } = fakeSupervisor({ store });
  obedient(engine);
  const tasks = Array.from({ length: 200 }, (_, i) =>
    daemon(`task-${i}`, { env: { A: "1" }, labels: { tier: "x" }, deps: i < 100 ? [] : [`none-${i}`] }),
  );
  await supervisor.apply({ set: "all", tasks });
  await turn();
  expect(engine.processes).toHaveLength(200);
  const other = tasks.map((task, i) => (i === 77 ? { ...task, cmd: "false" } : task));
  const took: number[] = [];
  const timed = async (set: object) => {
    const started = performance.now();
    const changes = await supervisor.apply(set);
    took.push(performance.now() - started);
    return changes;
  };
  const changes = await timed({ set: "all", tasks: other });
  await turn();
  expect(changes.changed).toEqual([{ name: "task-77", fields: ["cmd"] }]);
  expect(changes.unchanged).toHaveLength(199);
  expect(engine.processes).toHaveLength(201);
  expect(engine.one("task-77").request.task.cmd).toBe("false");
  for (let i = 0; i < 4; i++) expect((await timed({ set: "all", tasks: other })).unchanged).toHaveLength(200);
  expect(engine.processes).toHaveLength(201);
  expect(store.tasks().filter(({ revision }) => revision === 2)).toHaveLength(1);
  // the machine may be busy with something else for a moment
  expect(Math.min(...took)).toBeLessThan(100);
});

describe("while something else is under way (fault 25)", () => {
  test("a set that is applied while its task restarts gives one process, with the newest definition", async () => {
    const { supervisor, engine } = fakeSupervisor();
    await supervisor.define(daemon("a"));
    await turn();
    const old = engine.one("a");
    const restarted = supervisor.restart("a");
    const applied = supervisor.apply({ tasks: [daemon("a", { cmd: "false" })] });
    const again = supervisor.apply({ tasks: [daemon("a", { cmd: "newest" })] });
    await turn();
    expect(engine.processes).toHaveLength(1);
    old.exit(0);
    await Promise.all([restarted, applied, again]);
    await turn();
    expect(engine.one("a").request.task.cmd).toBe("newest");
    expect(engine.processes).toHaveLength(2);
  });

  test("what is just being removed is gone before it is added again", async () => {
    const { supervisor, engine } = fakeSupervisor();
    await supervisor.apply({ set: "s", tasks: [daemon("a")] });
    await turn();
    const old = engine.one("a");
    const emptied = supervisor.apply({ set: "s", tasks: [] });
    const filled = supervisor.apply({ set: "s", tasks: [daemon("a")] });
    await turn();
    expect(engine.processes).toHaveLength(1);
    old.exit(0);
    expect(await emptied).toEqual({ ...NOTHING, removed: ["a"] });
    expect(await filled).toEqual({ ...NOTHING, added: ["a"] });
    await turn();
    expect(engine.of("a")).toHaveLength(1);
  });
});

test("the file: what cannot be admitted is told and keeps no other from its start; unchanged ones keep what is wanted", async () => {
  const { supervisor, engine, state, killed } = fakeSupervisor();
  obedient(engine);
  const file = [daemon("a", { deps: ["b"] }), daemon("b", { user: "nobody-here" }), daemon("c")];
  const refused = await supervisor.merge(file);
  await turn();
  expect(refused.map(({ name, error }) => [name, error.message])).toEqual([
    ["b", "user: there is no such user"],
  ]);
  expect([state("a"), state("c")]).toEqual(["running", "running"]);
  await supervisor.stop("a");
  const next = killed("c");
  await next.supervisor.merge([daemon("a", { deps: ["b"] }), daemon("c", { interval: 5 })]);
  await turn();
  expect([next.state("a"), next.state("c")]).toEqual(["stopped", "running"]);
  expect(next.supervisor.get("c").task.interval).toBe(5);
  expect(next.engine.of("c")).toHaveLength(1);
});

test("applied twice, any set changes nothing the second time, and its plan was what happened", async () => {
  const definition = fc.record(
    {
      name: fc.constantFrom("a", "b", "c", "d", "e"),
      cmd: fc.oneof(
        fc.constantFrom("x", "y"),
        fc.array(fc.constantFrom("x", "y"), { minLength: 1, maxLength: 2 }),
      ),
      type: fc.constantFrom("once", "daemon", "cron"),
      replica: fc.option(fc.integer({ min: 1, max: 3 })),
      env: fc.option(fc.dictionary(fc.constantFrom("A", "B"), fc.constantFrom("1", "2"))),
      labels: fc.option(fc.dictionary(fc.constantFrom("a", "b"), fc.constantFrom("1", "2"))),
      description: fc.option(fc.string({ maxLength: 5 })),
      autostart: fc.option(fc.boolean()),
      stop: fc.option(fc.record({ timeout_ms: fc.integer({ min: 0, max: 9 }) })),
    },
    { requiredKeys: ["name", "cmd", "type"] },
  );
  const set = fc.record(
    {
      tasks: fc.uniqueArray(definition, { selector: ({ name }) => name, maxLength: 5 }),
      set: fc.constantFrom("s", "t"),
    },
    { requiredKeys: ["tasks"] },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(set, { minLength: 1, maxLength: 4 }), async (sets) => {
      const { supervisor, engine } = fakeSupervisor();
      obedient(engine);
      for (const each of sets) {
        const plan = await supervisor.plan(each);
        expect(await supervisor.apply(each)).toEqual(plan);
        await turn();
        const started = engine.processes.length;
        const names = each.tasks.map(({ name }) => name);
        expect(await supervisor.apply(each)).toEqual({ ...NOTHING, unchanged: names });
        await turn();
        expect(engine.processes).toHaveLength(started);
      }
    }),
    { numRuns: 150 },
  );
});
