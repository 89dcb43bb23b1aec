/** What is done with tasks that exist: single replicas, rolling restarts, reloads, signals, pauses, waiting, selecting. */
import { describe, expect, test } from "bun:test";
import { MeprocError } from "../../src/domain/errors.ts";
import type { CommandEnd, CommandOptions, RunRequest } from "../../src/domain/ports.ts";
import type { Command } from "../../src/domain/task-policies.ts";
import { matches } from "../../src/domain/glob.ts";
import { type World, fakeSupervisor, turn } from "../fakes/supervisor.ts";

const daemon = (name: string, more: object = {}) => ({ name, cmd: "true", type: "daemon", ...more });
const once = (name: string, more: object = {}) => ({ name, cmd: "true", type: "once", ...more });
const cron = (name: string, more: object = {}) => ({ name, cmd: "true", type: "cron", ...more });

async function running(definition: { name: string }, world: Partial<World> = {}) {
  const made = fakeSupervisor(world);
  await made.supervisor.define(definition);
  await turn();
  const alive = () => made.engine.of(definition.name);
  /** Of the replica with this index. */
  const one = (index: number) => {
    const [found] = alive().filter(({ request }) => request.index === index);
    if (found === undefined) throw new Error(`replica ${index} does not run`);
    return found;
  };
  return { ...made, alive, one };
}

/** What it says of itself when it fails, or what it gives. */
async function told(work: () => unknown): Promise<string> {
  try {
    return `fine: ${typeof (await work())}`;
  } catch (error) {
    if (error instanceof MeprocError) return `${error.code}: ${error.message}`;
    throw error;
  }
}

describe("one replica", () => {
  test("is stopped, started and restarted, and the others go on", async () => {
    const { supervisor, engine, state, one, alive } = await running(daemon("a", { replica: 3 }));
    const pids = alive().map(({ pid }) => pid);
    const stopped = supervisor.stop("a", { index: 1 });
    one(1).exit(0);
    await stopped;
    expect([state("a", 0), state("a", 1), state("a", 2)]).toEqual(["running", "stopped", "running"]);
    supervisor.start("a", { index: 1 });
    await turn();
    expect(state("a", 1)).toBe("running");
    const restarted = supervisor.restart("a", { index: 2 });
    one(2).exit(0);
    await restarted;
    await turn();
    expect(alive().map(({ request }) => request.index)).toEqual([0, 1, 2]);
    expect(one(0).pid).toBe(pids[0] ?? 0);
    expect(engine.processes).toHaveLength(5);
  });

  test("that the task does not have is not found", async () => {
    const { supervisor } = await running(daemon("a", { replica: 2 }));
    for (const act of [
      () => supervisor.stop("a", { index: 2 }),
      () => supervisor.start("a", { index: 2 }),
      () => supervisor.signal("a", "SIGHUP", { index: -1 }),
    ])
      expect(await told(act)).toMatch(/^not_found: a has no replica (2|-1), replicas 0 to 1$/);
  });
});

describe("a rolling restart", () => {
  test("takes one replica after the other, each having lived for a second before the next", async () => {
    const { supervisor, clock, one, state } = await running(daemon("a", { replica: 3 }));
    const before = [0, 1, 2].map((index) => one(index));
    const restarted = supervisor.restart("a", { rolling: true });
    for (const [index, old] of before.entries()) {
      await turn();
      expect(before.map(({ signals }) => signals.length)).toEqual([0, 1, 2].map((i) => (i <= index ? 1 : 0)));
      old.exit(0);
      await turn();
      expect(state("a", index)).toBe("running");
      clock.advance(999);
      await turn();
      expect(before[index + 1]?.signals ?? []).toEqual([]);
      clock.advance(1);
    }
    await restarted;
    expect([0, 1, 2].every((index) => !before.includes(one(index)))).toBe(true);
  });

  test("stops at the first that does not come up, and says which", async () => {
    const { supervisor, one, alive } = await running(daemon("a", { replica: 3, interval: 60_000 }));
    const result = told(() => supervisor.restart("a", { rolling: true }));
    one(0).exit(0);
    await turn();
    one(0).exit(3);
    expect(await result).toBe(
      "conflict: a:0 did not come up: it is started again after a pause (exit code 3); not restarted: a:1, a:2",
    );
    expect(alive().map(({ signals }) => signals)).toEqual([[], []]);
  });

  test("waits until each is healthy where the task has a check", async () => {
    const { supervisor, clock, prober, one } = await running(
      daemon("a", { replica: 2, health: { tcp: "127.0.0.1:1", retries: 1, interval_ms: 100 } }),
    );
    const [first, second] = [one(0), one(1)];
    const result = told(() => supervisor.restart("a", { rolling: true }));
    first.exit(0);
    await turn();
    clock.advance(5000);
    await turn();
    expect(second.signals).toEqual([]);
    for (const probe of [...prober.open]) if (probe.request.index === 0) probe.answer(null);
    await turn();
    expect(second.signals).toEqual(["TERM"]);
    second.exit(0);
    await turn();
    for (const probe of [...prober.open]) if (probe.request.index === 1) probe.answer("refused");
    expect(await result).toMatch(/^conflict: a:1 did not come up: it is running and unhealthy/);
  });

  test("that is overtaken by a stop ends with it, and a second one is refused meanwhile", async () => {
    const { supervisor, one, alive } = await running(daemon("a", { replica: 2 }));
    const result = told(() => supervisor.restart("a", { rolling: true }));
    expect(await told(() => supervisor.restart("a", { rolling: true }))).toBe(
      "conflict: a is being restarted already",
    );
    const stopped = supervisor.stop("a");
    const both = [one(0), one(1)];
    for (const process of both) process.exit(0);
    await stopped;
    expect(await result).toBe("conflict: a:0 did not come up: it is stopped; not restarted: a:1");
    expect(alive()).toEqual([]);
  });
});

describe("a reload", () => {
  test("sends the signal of the task's policy to each process", async () => {
    const { supervisor, alive, facts } = await running(
      daemon("a", { replica: 2, reload: { signal: "SIGHUP" } }),
    );
    await supervisor.reload("a", { by: "ann" });
    expect(alive().map(({ signals }) => signals)).toEqual([["SIGHUP"], ["SIGHUP"]]);
    expect(facts.at(-1)).toMatchObject({ kind: "instance.reloaded", alias: "a:1", actor: "ann" });
  });

  test("runs its command with the process's pid, and tells how that failed", async () => {
    const asked: [RunRequest, Command, CommandOptions][] = [];
    let end: CommandEnd = { kind: "exited", exit: { exit_code: 0, exit_signal: null } };
    const commands = {
      run: async (...args: [RunRequest, Command, CommandOptions]) => {
        asked.push(args);
        return end;
      },
    };
    const { supervisor, one } = await running(daemon("a", { reload: { command: ["re", "load"] } }), {
      commands,
    });
    await supervisor.reload("a");
    expect(asked.map(([{ alias }, command, { pid }]) => [alias, command, pid])).toEqual([
      ["a:0", ["re", "load"], one(0).pid],
    ]);
    const ends: [CommandEnd, string][] = [
      [{ kind: "exited", exit: { exit_code: 2, exit_signal: null } }, "exit code 2"],
      [{ kind: "timeout" }, "it was killed after 30000 ms"],
      [{ kind: "failed", reason: "there is no such program" }, "there is no such program"],
    ];
    for (const [each, words] of ends) {
      end = each;
      expect(await told(() => supervisor.reload("a"))).toBe(`conflict: The reload of a:0 failed: ${words}`);
    }
  });

  test("of a task that does not say how, or does not run, is a conflict", async () => {
    const { supervisor } = await running(daemon("a"));
    expect(await told(() => supervisor.reload("a"))).toBe("conflict: a does not say how it is reloaded");
    await supervisor.define(daemon("b", { reload: { signal: "SIGHUP" }, autostart: false }));
    expect(await told(() => supervisor.reload("b"))).toBe("conflict: b is not running");
  });
});

describe("signals, stdin and usage", () => {
  test("reach the process of the replica that is meant, or all", async () => {
    const { supervisor, alive, one } = await running(daemon("a", { replica: 2 }));
    supervisor.signal("a", "SIGUSR1", { index: 1 });
    supervisor.signal("a", "SIGUSR2");
    expect(alive().map(({ signals }) => signals)).toEqual([["SIGUSR2"], ["SIGUSR1", "SIGUSR2"]]);
    await supervisor.write("a", new Uint8Array([1]), { index: 0 });
    one(1).used = { processes: 2, threads: 3, rss_bytes: 4, cpu_ms: 5, open_files: 6 };
    expect(supervisor.usage("a").map(({ alias, usage }) => [alias, usage?.rss_bytes ?? null])).toEqual([
      ["a:0", null],
      ["a:1", 4],
    ]);
  });

  test("of what does not run are a conflict", async () => {
    const { supervisor } = await running(once("a", { autostart: false }));
    expect(await told(() => supervisor.signal("a", "SIGHUP"))).toBe("conflict: a is not running");
    expect(await told(() => supervisor.write("a", new Uint8Array()))).toBe("conflict: a is not running");
    expect(supervisor.usage("a")).toEqual([{ alias: "a:0", index: 0, usage: null }]);
  });
});

describe("a schedule", () => {
  test("that is paused starts nothing, also in the next service, until it is resumed", async () => {
    const { supervisor, engine, clock, killed, history } = await running(cron("a"));
    supervisor.pause("a");
    clock.advance(180_000);
    expect([engine.processes.length, supervisor.get("a").nextRunAt]).toEqual([0, null]);
    const next = killed();
    next.clock.advance(180_000);
    expect([engine.processes.length, next.state("a"), history.records.get("a")?.desired]).toEqual([
      0,
      "scheduled",
      "paused",
    ]);
    next.supervisor.resume("a");
    next.clock.advance(60_000);
    await turn();
    expect(engine.of("a")).toHaveLength(1);
  });

  test("runs once now when asked, also while it is paused or stopped, and then rests as it did", async () => {
    const { supervisor, engine, state, facts } = await running(cron("a"));
    supervisor.runNow("a");
    await turn();
    expect(await told(() => supervisor.runNow("a"))).toBe("conflict: a is running already");
    engine.one("a").exit(0);
    expect(state("a")).toBe("scheduled");
    supervisor.pause("a");
    supervisor.runNow("a");
    await turn();
    engine.one("a").exit(0);
    expect([state("a"), supervisor.get("a").desired]).toEqual(["scheduled", "paused"]);
    await supervisor.stop("a");
    supervisor.runNow("a");
    await turn();
    engine.one("a").exit(0);
    await turn();
    expect([state("a"), supervisor.get("a").desired]).toEqual(["stopped", "stopped"]);
    const triggers = facts.flatMap((fact) => (fact.kind === "run.started" ? [fact.trigger] : []));
    expect(triggers).toEqual(["manual", "manual", "manual"]);
  });

  test("can be paused only while it is followed, and only it can", async () => {
    const { supervisor } = await running(daemon("a"));
    const words = "a has no schedule: only a task of type cron can be";
    expect(await told(() => supervisor.pause("a"))).toBe(`conflict: ${words} paused`);
    expect(await told(() => supervisor.resume("a"))).toBe(`conflict: ${words} resumed`);
    expect(await told(() => supervisor.runNow("a"))).toBe(`conflict: ${words} run out of its times`);
    await supervisor.define(cron("b", { autostart: false }));
    expect(await told(() => supervisor.pause("b"))).toBe("conflict: b is stopped: there is nothing to pause");
    expect(await told(() => supervisor.resume("b"))).toBe("conflict: b is stopped, not paused");
    supervisor.start("b");
    supervisor.resume("b");
    expect(supervisor.get("b").desired).toBe("enabled");
  });

  test("is in the agenda with its times", async () => {
    const { supervisor, clock } = await running(cron("a", { cron: "0 * * * *" }));
    const { wall } = clock.now();
    expect(supervisor.agenda(wall, wall + 7_200_000, 1)).toEqual([{ task: "a", at: wall + 3_600_000 }]);
  });
});

describe("waiting for a task", () => {
  test("ends when every replica is so", async () => {
    const { supervisor, one } = await running(once("a", { replica: 2 }));
    await supervisor.waitFor("a", "running", 0);
    let ended = false;
    const waiting = supervisor.waitFor("a", "exited", 1000).then(() => {
      ended = true;
    });
    one(0).exit(0);
    await turn();
    expect(ended).toBe(false);
    one(1).exit(1);
    await waiting;
    await supervisor.waitFor("a", "stopped", 0);
  });

  test("ends in time, saying where it stands", async () => {
    const { supervisor, clock } = await running(daemon("db"));
    await supervisor.define(once("a", { deps: ["db"] }));
    const late = told(() => supervisor.waitFor("a", "running", 500));
    clock.advance(499);
    await turn();
    clock.advance(1);
    expect(await late).toBe("timeout: a is not running: a:0 waits for db");
  });

  test("ends at once where it will not get there by itself, where it is removed, and where nobody waits any more", async () => {
    const { supervisor, engine, one } = await running(once("a"));
    const aborted = new AbortController();
    const abandoned = told(() => supervisor.waitFor("a", "exited", 1000, aborted.signal));
    aborted.abort();
    expect(await abandoned).toBe("timeout: Nobody waits for it any more");
    one(0).exit(3);
    expect(await told(() => supervisor.waitFor("a", "running", 1000))).toBe(
      "timeout: a is not running: a:0 has ended (exit code 3)",
    );
    await supervisor.define(daemon("b", { autostart: false }));
    const gone = told(() => supervisor.waitFor("b", "exited", 1000));
    expect(await gone).toBe("timeout: b is not exited: b:0 is stopped");
    await supervisor.define(daemon("c"));
    await turn();
    const removed = told(() => supervisor.waitFor("c", "exited", 1000));
    const removal = supervisor.remove("c");
    engine.one("c").exit(0);
    await removal;
    expect(await removed).toBe("timeout: c is not exited: c:0 is stopped");
    expect(await told(() => supervisor.waitFor("c", "exited", 1000))).toBe(
      "not_found: There is no task named c",
    );
  });

  test("for healthy takes a task without a check as it runs", async () => {
    const { supervisor, clock, prober } = await running(daemon("a"));
    await supervisor.waitFor("a", "healthy", 0);
    await supervisor.define(daemon("b", { health: { tcp: "127.0.0.1:1" } }));
    await turn();
    const late = told(() => supervisor.waitFor("b", "healthy", 500));
    clock.advance(500);
    expect(await late).toBe("timeout: b is not healthy: b:0 is running and not healthy yet");
    const soon = supervisor.waitFor("b", "healthy", 500);
    for (const probe of [...prober.open]) probe.answer(null);
    await soon;
  });
});

describe("selecting", () => {
  test("by labels, by a glob of the name, by both", async () => {
    const { supervisor } = fakeSupervisor();
    await supervisor.define(once("web-1", { labels: { tier: "web", x: "1" } }));
    await supervisor.define(once("web-2", { labels: { tier: "web" } }));
    await supervisor.define(once("db", { labels: { tier: "db" } }));
    const names = (selection: Parameters<typeof supervisor.select>[0]) =>
      supervisor.select(selection).map(({ task }) => task.name);
    expect(names({})).toEqual(["web-1", "web-2", "db"]);
    expect(names({ labels: { tier: "web" } })).toEqual(["web-1", "web-2"]);
    expect(names({ labels: { tier: "web", x: "1" } })).toEqual(["web-1"]);
    expect(names({ labels: { x: null } })).toEqual(["web-1"]);
    expect(names({ labels: { constructor: null } })).toEqual([]);
    expect(names({ name: "web-*" })).toEqual(["web-1", "web-2"]);
    expect(names({ name: "web-*", labels: { x: "2" } })).toEqual([]);
  });

  test.each([
    ["*", "", true],
    ["*", "any", true],
    ["", "a", false],
    ["a?c", "abc", true],
    ["a?c", "ac", false],
    ["?", "ñ", true],
    ["*b*", "abc", true],
    ["a*c*e", "abcde", true],
    ["a*c*e", "abcd", false],
    ["a.c", "abc", false],
    ["[a]", "a", false],
  ])("the glob %j and %j: %p", (glob, text, expected) => expect(matches(glob, text)).toBe(expected));

  test("a glob of many stars takes no longer for it", () => {
    expect(matches("*a".repeat(500), `${"a".repeat(128)}b`)).toBe(false);
  });
});

test("who asked is told with what follows", async () => {
  const { supervisor, facts, alive } = await running(daemon("a"));
  const start = facts.length;
  const stopped = supervisor.stop("a", { by: "ann" });
  alive()[0]?.exit(0);
  await stopped;
  await supervisor.patch("a", { description: "x" }, { by: "bob" });
  await supervisor.remove("a", { by: "eve" });
  const actors = facts.slice(start).map((fact) => [fact.kind, "actor" in fact ? fact.actor : undefined]);
  expect(actors).toContainEqual(["instance.stopping", "ann"]);
  expect(actors).toContainEqual(["task.changed", "bob"]);
  expect(actors).toContainEqual(["task.removed", "eve"]);
});
