/** What ends a run that nobody has asked to end: its time, its memory, its files. And whose word counts if several come. */
import { describe, expect, test } from "bun:test";
import { fakeSupervisor, turn } from "../fakes/supervisor.ts";

const MIB = 1024 * 1024;
const using = (bytes: number) => ({
  processes: 1,
  threads: 1,
  rss_bytes: bytes,
  cpu_ms: 1,
  open_files: 3,
});

async function running(definition: object) {
  const world = fakeSupervisor();
  await world.supervisor.define({ name: "a", cmd: "x", type: "daemon", ...definition });
  await turn();
  const outcome = () => world.supervisor.get("a").instances[0]?.last?.outcome;
  return { ...world, outcome };
}

describe("a timeout", () => {
  const once = { type: "once", timeout_ms: 5000 };

  test("stops the run as a stop would, with result timeout", async () => {
    const { clock, engine, state, outcome, facts } = await running({ ...once, stop: { timeout_ms: 700 } });
    clock.advance(4999);
    expect(engine.one("a").signals).toEqual([]);
    clock.advance(1);
    expect(engine.one("a").signals).toEqual(["TERM"]);
    clock.advance(700);
    expect(engine.one("a").signals).toEqual(["TERM", "KILL"]);
    engine.one("a").die("SIGKILL");
    expect(state("a")).toBe("exited");
    expect(outcome()).toMatchObject({ result: "timeout", exit_signal: "SIGKILL" });
    expect(facts).toContainEqual(
      expect.objectContaining({
        kind: "instance.stopping",
        from: "running",
        to: "stopping",
        reason: "it ran for longer than 5 s",
        actor: "policy",
      }),
    );
  });

  test("does not touch a run that has ended in time", async () => {
    const { clock, engine, outcome } = await running(once);
    engine.one("a").exit(0);
    clock.advance(60_000);
    expect(outcome()?.result).toBe("succeeded");
  });

  test("counts from the run's beginning, also after a kill of the service", async () => {
    const before = await running(once);
    before.clock.advance(3000);
    const { clock, engine } = before.killed();
    clock.advance(1999);
    expect(engine.one("a").signals).toEqual([]);
    clock.advance(1);
    expect(engine.one("a").signals).toEqual(["TERM"]);
  });

  test("may be given, changed and taken while it runs", async () => {
    const { supervisor, clock, engine } = await running({ type: "once" });
    const instance = supervisor.get("a").instances[0];
    clock.advance(60_000);
    if (instance === undefined) throw new Error("no instance");
    instance.update({ ...instance.task, timeout_ms: 60_001 });
    instance.update({ ...instance.task, timeout_ms: null });
    clock.advance(10);
    expect(engine.one("a").signals).toEqual([]);
    instance.update({ ...instance.task, timeout_ms: 100 });
    expect(engine.one("a").signals).toEqual(["TERM"]);
  });

  test("of a scheduled run is a failure that is repeated", async () => {
    const schedule = { timeout_ms: 1000, retries: 1, retry_delay_ms: 50 };
    const { clock, engine, state, history } = await running({ type: "cron", cron: "* * * * *", schedule });
    clock.advance(60_000);
    await turn();
    clock.advance(1000);
    engine.one("a").exit(0);
    expect(state("a")).toBe("backoff");
    clock.advance(50);
    await turn();
    engine.one("a").exit(0);
    expect(state("a")).toBe("scheduled");
    const runs = [...history.all.values()];
    expect(runs.map(({ end }) => end?.outcome.result)).toEqual(["timeout", "succeeded"]);
    expect(runs.map(({ trigger }) => trigger)).toEqual(["schedule", "restart"]);
    expect(new Set(runs.map(({ scheduledFor }) => scheduledFor)).size).toBe(1);
  });
});

describe("too much memory", () => {
  test("of the whole tree ends the run with result oom, and its policy goes on", async () => {
    const { clock, engine, state, outcome } = await running({ max_memory_bytes: 100 * MIB });
    engine.one("a").used = using(100 * MIB);
    clock.advance(60_000);
    expect(engine.one("a").signals).toEqual([]);
    engine.one("a").used = using(150 * MIB);
    clock.advance(5000);
    expect(engine.one("a").signals).toEqual(["TERM"]);
    engine.one("a").exit(0);
    expect(outcome()).toMatchObject({
      result: "oom",
      reason: "it used 150.0 MiB of memory, more than its 100.0 MiB",
    });
    clock.advance(0);
    await turn();
    expect(state("a")).toBe("running");
  });

  test("is not looked at where no limit is", async () => {
    const { clock, engine } = await running({});
    engine.one("a").usage = () => {
      throw new Error("looked at");
    };
    clock.advance(60_000);
    expect(engine.one("a").signals).toEqual([]);
  });

  test("of the machine, when the system has ended it, is told as such", async () => {
    const { engine, outcome, clock } = await running({ type: "once" });
    const { listener } = engine.one("a");
    const usage = { max_rss_bytes: null, cpu_ms: null };
    listener.exited({ exit_code: null, exit_signal: "SIGKILL" }, usage, clock.now(), true);
    expect(outcome()).toMatchObject({ result: "oom", exit_signal: "SIGKILL" });
  });
});

describe("watched files", () => {
  const watch = { paths: ["src", "/etc/a.conf"], debounce_ms: 200 };

  test("restart every replica when they have changed and it has been quiet", async () => {
    const { watcher, clock, engine, state, history } = await running({ watch, cwd: "/srv", replica: 2 });
    expect([...watcher.waits].map(({ paths }) => paths)).toEqual([["/srv/src", "/etc/a.conf"]]);
    watcher.change("/srv/src/x.ts");
    clock.advance(199);
    watcher.change("/srv/src/y.ts");
    clock.advance(199);
    expect(engine.of("a")[0]?.signals).toEqual([]);
    clock.advance(1);
    for (const process of engine.of("a")) {
      expect(process.signals).toEqual(["TERM"]);
      process.exit(0);
    }
    await turn();
    expect([state("a", 0), state("a", 1)]).toEqual(["running", "running"]);
    const runs = [...history.all.values()];
    expect(runs.map(({ trigger }) => trigger)).toEqual(["api", "api", "restart", "restart"]);
    expect(runs[0]?.end?.outcome).toMatchObject({ result: "stopped", reason: "changed: /srv/src/x.ts" });
    expect(watcher.waits.size).toBe(1);
  });

  test("start again what had given up, and leave alone what was stopped", async () => {
    const { watcher, clock, engine, state, supervisor } = await running({
      watch,
      restart: { max_restarts: 0 },
    });
    engine.one("a").exit(1);
    expect(state("a")).toBe("failed");
    watcher.change("/a");
    clock.advance(200);
    await turn();
    expect(state("a")).toBe("running");
    watcher.change("/a");
    const stopped = supervisor.stop("a");
    engine.one("a").exit(0);
    await stopped;
    clock.advance(60_000);
    expect([state("a"), watcher.waits.size]).toEqual(["stopped", 0]);
  });

  test("are watched no more when the service ends", async () => {
    const { watcher, engine, supervisor, clock } = await running({ watch, replica: 2 });
    const stopped = supervisor.shutdown();
    await turn();
    watcher.change("/a");
    clock.advance(200);
    for (const process of engine.of("a")) process.exit(0);
    await stopped;
    expect([watcher.waits.size, engine.of("a").length]).toEqual([0, 0]);
  });

  test("that cannot be watched are told of, and the task runs", async () => {
    const world = fakeSupervisor();
    world.watcher.missing.add("/gone");
    await world.supervisor.define({ name: "a", cmd: "x", type: "daemon", watch: { paths: ["/gone"] } });
    await turn();
    expect(world.state("a")).toBe("running");
    expect(world.facts.filter(({ kind }) => kind === "task.unwatched")).toEqual([
      { kind: "task.unwatched", task: "a", reason: "/gone: there is no such file or folder" },
    ]);
  });

  test("that could not be watched are looked for again with each start, and told of once", async () => {
    const world = fakeSupervisor();
    world.watcher.missing.add("/late");
    await world.supervisor.define({ name: "a", cmd: "x", type: "daemon", watch: { paths: ["/late"] } });
    const again = async (code: number) => {
      world.engine.one("a").exit(code);
      world.clock.advance(10_000);
      await turn();
    };
    await turn();
    await again(1);
    expect(world.watcher.waits.size).toBe(0);
    world.watcher.missing.clear();
    await again(1);
    expect(world.watcher.waits.size).toBe(1);
    expect(world.facts.filter(({ kind }) => kind === "task.unwatched")).toHaveLength(1);
  });
});

describe("whose word counts", () => {
  test("a process that ended before its timeout, with its hook still at work, has ended by itself", async () => {
    const { engine, clock, outcome } = await running({ type: "once", timeout_ms: 1000 });
    clock.advance(900);
    const at = clock.now();
    clock.advance(100);
    const usage = { max_rss_bytes: null, cpu_ms: null };
    const { listener } = engine.one("a");
    listener.exited({ exit_code: 3, exit_signal: null }, usage, at);
    listener.gone();
    expect(outcome()).toMatchObject({ result: "failed", exit_code: 3 });
  });

  test("a stop by a person during a restart by a rule is a stop, and the run keeps the rule's verdict", async () => {
    const { engine, clock, outcome, state, supervisor } = await running({ max_memory_bytes: MIB });
    engine.one("a").used = using(2 * MIB);
    clock.advance(5000);
    const stopped = supervisor.stop("a");
    engine.one("a").exit(0);
    await stopped;
    expect([state("a"), outcome()?.result]).toEqual(["stopped", "oom"]);
  });
});
