/** What of the facts people are told. */
import { describe, expect, test } from "bun:test";
import type { Fact } from "../../src/domain/fact.ts";
import { DEFAULT_EVENTS, type Notice, type NotifyEvent } from "../../src/domain/notify.ts";
import { QUIET_MS, RECOVERED_MS } from "../../src/notify/episodes.ts";
import { Notifier } from "../../src/notify/notifier.ts";
import { Receiver } from "../../src/notify/receiver.ts";
import { WINDOW_MS } from "../../src/notify/throttle.ts";
import { FakeClock } from "../fakes/clock.ts";
import { FakeKeepsakes } from "../fakes/keepsakes.ts";
import { finished, started } from "./facts.ts";

interface World {
  readonly clock?: FakeClock;
  readonly keepsakes?: FakeKeepsakes;
  readonly events?: readonly NotifyEvent[];
  readonly tasks?: readonly string[] | null;
}

function make({
  clock = new FakeClock(),
  keepsakes = new FakeKeepsakes(),
  events = DEFAULT_EVENTS,
  tasks = null,
}: World = {}) {
  const told: Notice[] = [];
  const about = { name: "hook", kind: "webhook", target: "x", template: "json", signed: false } as const;
  const receiver = new Receiver(
    {
      about: { ...about, events, tasks },
      retry: { attempts: 3, firstMs: 1000, maxMs: 8000 },
      maxQueue: 1_000_000,
      send: async () => ({ status: 200, reason: null }),
      keepsakes: new FakeKeepsakes(),
      clock,
      random: () => 1,
      newId: () => Bun.randomUUIDv7(),
      log: () => undefined,
    },
    [],
  );
  receiver.take = (notice) => void told.push(notice);
  const notifier = new Notifier({ receivers: [receiver], clock, keepsakes });
  const tell = (...facts: Fact[]) => {
    for (const fact of facts) notifier.take(fact);
  };
  return {
    clock,
    keepsakes,
    told,
    tell,
    words: () => told.splice(0).map(({ event, count }) => `${event} ${count}`),
  };
}

const fail = (index = 0) => finished("web", "failed", { index });

describe("a task that fails", () => {
  test("is told at once, and told again once it has run for a while", () => {
    const { clock, tell, words } = make();
    tell(fail(), started("web"));
    expect(words()).toEqual(["failed 1"]);
    clock.advance(RECOVERED_MS - 1);
    expect(words()).toEqual([]);
    clock.advance(1);
    expect(words()).toEqual(["recovered 1"]);
  });

  test("again and again for a day is told a few times, and each time how often", () => {
    const { clock, tell, told, words } = make();
    for (let second = 0; second < 86_400; second++) {
      tell(fail(), started("web"));
      clock.advance(1000);
    }
    expect(told.length).toBeLessThan(10);
    expect(told.length).toBeGreaterThan(3);
    expect(words().slice(0, 3)).toEqual(["failed 1", "still_failing 61", "still_failing 301"]);
    clock.advance(RECOVERED_MS);
    expect(words()).toEqual(["recovered 86400"]);
  });

  test("soon after it was well goes on with what it was told of", () => {
    const { clock, tell, words } = make();
    const round = () => {
      tell(fail(), started("web"));
      clock.advance(RECOVERED_MS);
    };
    for (let i = 0; i < 20; i++) round();
    const flapping = words();
    expect(flapping.slice(0, 4)).toEqual(["failed 1", "recovered 1", "still_failing 3", "recovered 3"]);
    expect(flapping.length).toBeLessThan(10);
    clock.advance(QUIET_MS);
    tell(fail());
    expect(words()).toEqual(["failed 1"]);
  });

  test("is one thing for all its replicas: well again when each of them is", () => {
    const { tell, words } = make();
    tell(fail(0), fail(1), finished("web", "succeeded", { index: 0 }));
    expect(words()).toEqual(["failed 1"]);
    tell(finished("web", "succeeded", { index: 1 }));
    expect(words()).toEqual(["recovered 2"]);
  });

  test("and is stopped by a person is not told of any more", () => {
    const { clock, tell, words } = make();
    tell(fail(), { id: 1, time: "", kind: "task.stopped", task: "web" });
    clock.advance(QUIET_MS);
    expect(words()).toEqual(["failed 1"]);
  });

  test("is remembered over a kill of the service", () => {
    const first = make();
    first.tell(fail(), started("web"));
    first.clock.forget();
    const next = make({ clock: first.clock, keepsakes: first.keepsakes });
    next.tell({ ...started("web"), kind: "run.adopted" } as Fact);
    next.clock.advance(RECOVERED_MS);
    expect(next.words()).toEqual(["recovered 1"]);
  });

  test("and is given up on is told so at once", () => {
    const { tell, words } = make();
    const gaveUp = { ...started("web"), kind: "instance.failed", reason: "too often" } as Fact;
    tell(fail(), gaveUp, gaveUp);
    expect(words()).toEqual(["failed 1", "gave_up 1"]);
  });
});

describe("what concerns the service", () => {
  const lost = (bytes: number): Fact => ({
    id: 1,
    time: "",
    kind: "output.lost",
    task: "web",
    alias: "web:0",
    index: 0,
    bytes,
    reason: "no space",
  });

  test("is told at once, then at most once in a while", () => {
    const { clock, tell, words } = make();
    for (let i = 0; i < 60; i++) tell(lost(i));
    expect(words()).toEqual(["output_lost 1"]);
    clock.advance(WINDOW_MS);
    expect(words()).toEqual(["output_lost 59"]);
    clock.advance(WINDOW_MS);
    expect(words()).toEqual([]);
  });

  test("is told as it stands at last", () => {
    const { clock, tell, words } = make();
    const failing: Fact = { id: 1, time: "", kind: "store.failing", reason: "no space" };
    const recovered: Fact = { id: 2, time: "", kind: "store.recovered", lost_events: 0, lost_runs: 0 };
    tell(failing, recovered, failing, recovered, failing);
    clock.advance(WINDOW_MS);
    expect(words()).toEqual(["store_failing 1", "store_failing 4"]);
  });

  test("is told to who asks for some tasks only", () => {
    const { tell, words } = make({ tasks: ["db*"] });
    tell(fail(), finished("db-1", "failed"), { id: 1, time: "", kind: "store.failing", reason: "" });
    expect(words()).toEqual(["failed 1", "store_failing 1"]);
  });
});

test("who asks for a kind of fact gets each of them", () => {
  const { tell, words } = make({ events: ["run.started"] });
  tell(started("web"), fail(), started("web"));
  expect(words()).toEqual(["run.started 1", "run.started 1"]);
});
