/** Random requests upon random processes: no replica is ever there twice, none is lost, and what is wanted comes about. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { MeprocError } from "../../src/domain/errors.ts";
import { fakeSupervisor, turn } from "../fakes/supervisor.ts";

const NAMES = ["a", "b"] as const;
const name = fc.constantFrom(...NAMES);
const replica = fc.integer({ min: 1, max: 4 });
const cmd = fc.constantFrom("x", "y");
const type = fc.constantFrom("daemon", "daemon", "once");
const definition = fc.record({ cmd, type, replica });

const step = fc.oneof(
  fc.record({ do: fc.constant("put" as const), name, definition }),
  fc.record({
    do: fc.constant("patch" as const),
    name,
    patch: fc.oneof(fc.record({ replica }), fc.record({ cmd })),
  }),
  fc.record({
    do: fc.constant("apply" as const),
    tasks: fc.uniqueArray(fc.tuple(name, definition), { selector: ([each]) => each }),
  }),
  fc.record({
    do: fc.constantFrom(
      "start" as const,
      "stop" as const,
      "restart" as const,
      "remove" as const,
      "roll" as const,
    ),
    name,
  }),
  fc.record({
    do: fc.constantFrom("startOne" as const, "stopOne" as const),
    name,
    index: fc.integer({ min: 0, max: 3 }),
  }),
  fc.record({ do: fc.constant("end" as const), which: fc.nat(), code: fc.constantFrom(0, 1) }),
  fc.record({ do: fc.constant("obey" as const) }),
  fc.record({ do: fc.constant("time" as const), ms: fc.constantFrom(10, 1000, 20_000) }),
  fc.record({ do: fc.constant("kill" as const) }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

type World = ReturnType<typeof fakeSupervisor>;

/** What is asked for is not waited for; a refusal in the service's own words is an answer. */
function ask(promise: Promise<unknown>): void {
  promise.catch((error: unknown) => {
    if (!(error instanceof MeprocError)) throw error;
  });
}

function request({ supervisor }: World, each: Step): void {
  const attempt = async () => {
    switch (each.do) {
      case "put":
        return await supervisor.replace(each.name, each.definition);
      case "patch":
        return await supervisor.patch(each.name, each.patch);
      case "apply": {
        const tasks = each.tasks.map(([task, fields]) => ({ name: task, ...fields }));
        return await supervisor.apply({ set: "s", tasks });
      }
      case "start":
        return supervisor.start(each.name);
      case "stop":
        return await supervisor.stop(each.name);
      case "restart":
        return await supervisor.restart(each.name);
      case "roll":
        return await supervisor.restart(each.name, { rolling: true });
      case "remove":
        return await supervisor.remove(each.name);
      case "startOne":
        return supervisor.start(each.name, { index: each.index });
      case "stopOne":
        return await supervisor.stop(each.name, { index: each.index });
      case "end":
      case "obey":
      case "time":
      case "kill":
        return null;
    }
  };
  ask(attempt());
}

function alive({ engine }: World) {
  return engine.processes.filter((process) => process.alive);
}

/** Each process that has been told to end does. */
function obey(world: World): void {
  for (const process of alive(world))
    if (process.signals.some((signal) => signal === "TERM" || signal === "KILL")) process.exit(0);
}

function assertNoneTwice(world: World): void {
  const aliases = alive(world).map(({ request: { alias } }) => alias);
  expect(new Set(aliases).size).toBe(aliases.length);
}

/** Every process is some replica's, and every replica that says it runs has one. */
function assertNoneLost(world: World): void {
  const places = world.supervisor.list().flatMap(({ instances }) => [...instances]);
  const owned = places.flatMap(({ alias, live }) => (live === null ? [] : [`${alias} ${live.run}`]));
  expect(owned.sort()).toEqual(
    alive(world)
      .map(({ request: { alias, run } }) => `${alias} ${run}`)
      .sort(),
  );
}

async function settle(world: World): Promise<void> {
  for (let i = 0; i < 40; i++) {
    await turn();
    obey(world);
    await turn();
    world.clock.advance(500);
  }
  await turn();
}

async function run(steps: readonly Step[]): Promise<void> {
  let world = fakeSupervisor();
  for (const each of steps) {
    if (each.do === "end") {
      const running = alive(world);
      running[each.which % Math.max(1, running.length)]?.exit(each.code);
    } else if (each.do === "obey") obey(world);
    else if (each.do === "time") world.clock.advance(each.ms);
    else if (each.do === "kill") world = world.killed();
    else request(world, each);
    await turn();
    assertNoneTwice(world);
  }
  await settle(world);
  assertNoneTwice(world);
  assertNoneLost(world);
  for (const group of world.supervisor.list()) {
    expect(group.instances.map(({ index }) => index)).toEqual([...Array(group.task.replica).keys()]);
    if (group.desired === "stopped") expect(world.engine.of(group.task.name)).toEqual([]);
    for (const process of world.engine.of(group.task.name))
      expect(process.request.task.cmd).toBe(group.task.cmd);
  }
  // from wherever it stands, everything can be started and everything can be ended
  for (const { task } of world.supervisor.list()) world.supervisor.start(task.name);
  await settle(world);
  for (const { task } of world.supervisor.list())
    if (task.type === "daemon") expect(world.engine.of(task.name)).toHaveLength(task.replica);
  const ended = world.supervisor.apply({ set: "s", tasks: [] });
  const removed = world.supervisor.list().map(({ task }) => world.supervisor.remove(task.name));
  await settle(world);
  await Promise.all([ended, ...removed]);
  expect([world.supervisor.list(), alive(world), world.history.openRuns(), world.history.tasks()]).toEqual([
    [],
    [],
    [],
    [],
  ]);
}

test("2,000 random histories of changes, requests, ends and kills of the service", async () => {
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), run), { numRuns: 2000 });
}, 60_000);
