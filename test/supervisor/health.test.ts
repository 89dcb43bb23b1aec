import { describe, expect, test } from "bun:test";
import { fakeSupervisor, turn } from "../fakes/supervisor.ts";

const tcp = (more: object = {}) => ({ tcp: "127.0.0.1:80{index}", interval_ms: 1000, retries: 2, ...more });

async function checked(health: object, more: object = {}) {
  const world = fakeSupervisor();
  await world.supervisor.define({ name: "a", cmd: "x", type: "daemon", interval: 100, health, ...more });
  await turn();
  const health_ = (index = 0) => world.supervisor.get("a").instances[index]?.health;
  /** The open check is answered, and the next one comes. */
  const answer = async (trouble: string | null) => {
    world.prober.one.answer(trouble);
    await turn();
    world.clock.advance(1000);
    await turn();
  };
  const told = () =>
    world.facts.filter(({ kind }) => /healthy/.test(kind)).map(({ kind }) => kind.split(".")[1]);
  return { ...world, health: health_, answer, told };
}

describe("a check", () => {
  test("comes at once, and makes it healthy when it succeeds", async () => {
    const { prober, health, answer, facts } = await checked(tcp(), { replica: 1 });
    expect(health()).toBe("starting");
    expect(prober.one.check).toEqual({ kind: "tcp", host: "127.0.0.1", port: 800 });
    expect(prober.one.timeoutMs).toBe(5000);
    await answer(null);
    expect(health()).toBe("healthy");
    expect(facts).toContainEqual(
      expect.objectContaining({ kind: "instance.healthy", alias: "a:0", from: "starting", to: "healthy" }),
    );
  });

  test("never overlaps the one before, however long that takes", async () => {
    const { prober, clock } = await checked(tcp());
    clock.advance(3_600_000);
    await turn();
    expect(prober.asked).toBe(1);
    prober.one.answer(null);
    await turn();
    clock.advance(999);
    expect(prober.open.size).toBe(0);
    clock.advance(1);
    expect(prober.asked).toBe(2);
    expect(prober.most).toBe(1);
  });

  test("makes it unhealthy after so many failures in a row, and healthy again by one success", async () => {
    const { answer, health, told } = await checked(tcp());
    await answer(null);
    await answer("refused");
    expect(health()).toBe("healthy");
    await answer(null);
    await answer("refused");
    await answer("refused");
    expect(health()).toBe("unhealthy");
    await answer("refused");
    await answer(null);
    expect(told()).toEqual(["healthy", "unhealthy", "healthy"]);
  });

  test("may fail in the start period, which does not count", async () => {
    const { answer, health } = await checked(tcp({ start_period_ms: 3000 }));
    for (let i = 0; i < 3; i++) await answer("refused");
    expect(health()).toBe("starting");
    await answer("refused");
    await answer("refused");
    expect(health()).toBe("unhealthy");
  });

  test("is put off the moment the run is to end, and none is left", async () => {
    const { prober, supervisor, clock, engine, health } = await checked(tcp());
    const { signal } = prober.one;
    const stopped = supervisor.stop("a");
    expect(signal.aborted).toBe(true);
    engine.one("a").exit(0);
    await stopped;
    clock.advance(3_600_000);
    expect(prober.open.size).toBe(0);
    expect(health()).toBe("none");
  });

  test("of a crash loop of a thousand runs leaves none behind", async () => {
    const { prober, engine, clock } = await checked(tcp());
    for (let i = 0; i < 1000; i++) {
      engine.one("a").exit(1);
      clock.advance(100);
      await turn();
    }
    expect(prober.open.size).toBe(1);
    expect(prober.most).toBe(1);
  });

  test("may be an HTTP address or a command of the replica", async () => {
    const http = await checked({ http: "http://localhost:300{index}/" }, { replica: 1 });
    expect(http.prober.one.check).toEqual({ kind: "http", url: "http://localhost:3000/" });
    const exec = await checked({ exec: ["check", "{index}"] });
    expect(exec.prober.one.check).toEqual({ kind: "exec", command: ["check", "0"], pid: 1000 });
    const six = await checked({ tcp: "[::1]:80" });
    expect(six.prober.one.check).toEqual({ kind: "tcp", host: "::1", port: 80 });
  });
});

describe("one that is unhealthy", () => {
  test("is restarted if its task says so: result failed, and the pause of its policy", async () => {
    const { answer, engine, state, supervisor, clock, health } = await checked(
      tcp({ on_unhealthy: "restart" }),
    );
    await answer("refused");
    await answer("refused");
    expect(engine.one("a").signals).toEqual(["TERM"]);
    engine.one("a").exit(0);
    expect(state("a")).toBe("backoff");
    const reason = "unhealthy: refused";
    expect(supervisor.get("a").instances[0]?.last?.outcome).toEqual({
      result: "failed",
      exit_code: 0,
      exit_signal: null,
      reason,
    });
    clock.advance(100);
    await turn();
    expect([state("a"), health()]).toEqual(["running", "starting"]);
  });

  test("is left alone else", async () => {
    const { answer, engine, state } = await checked(tcp());
    await answer("refused");
    await answer("refused");
    expect([state("a"), engine.one("a").signals]).toEqual(["running", []]);
  });
});

describe("a check of the log", () => {
  test("is healthy once a line matches, for good", async () => {
    const { lines, health, clock } = await checked({ log: "listening on \\d+", start_period_ms: 500 });
    lines.write("a:0", "booting");
    expect(health()).toBe("starting");
    lines.write("a:0", "listening on 80");
    clock.advance(3_600_000);
    expect(health()).toBe("healthy");
    expect(lines.waits.size).toBe(0);
  });

  test("is unhealthy when the start period ends without one, and healthy if it comes late", async () => {
    const { lines, health, clock } = await checked({ log: "ready", start_period_ms: 500 });
    clock.advance(499);
    expect(health()).toBe("starting");
    clock.advance(1);
    expect(health()).toBe("unhealthy");
    lines.write("a:0", "ready");
    expect(health()).toBe("healthy");
  });

  test("without a start period just waits, and is put off with the run", async () => {
    const { lines, health, clock, supervisor, engine } = await checked({ log: "ready" });
    clock.advance(3_600_000);
    expect(health()).toBe("starting");
    void supervisor.stop("a");
    engine.one("a").exit(0);
    expect(lines.waits.size).toBe(0);
  });
});

test("a changed check begins anew while the process goes on; an unchanged one is not touched", async () => {
  const { prober, answer, health, supervisor, engine } = await checked(tcp());
  await answer(null);
  const instance = supervisor.get("a").instances[0];
  if (instance === undefined) throw new Error("no instance");
  const before = prober.asked;
  instance.update({ ...instance.task, description: "else" });
  expect([prober.asked, health()]).toEqual([before, "healthy"]);
  instance.update({ ...instance.task, health: { http: "http://localhost/" } });
  expect([prober.asked, health()]).toEqual([before + 1, "starting"]);
  instance.update({ ...instance.task, health: null });
  await turn();
  expect([prober.open.size, health()]).toEqual([0, "none"]);
  expect(engine.one("a").signals).toEqual([]);
});
