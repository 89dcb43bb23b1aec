/** Schedules over a kill of the service, in the whole supervisor: what is noted of a time, and what follows from it. */
import { expect, test } from "bun:test";
import { agenda } from "../../src/supervisor/agenda.ts";
import { fakeSupervisor, turn } from "../fakes/supervisor.ts";

const MINUTE = 60_000;
const NOON = Date.UTC(2026, 10, 22, 12);

const cron = (name: string, schedule: object = {}, more: object = {}) => ({
  name,
  cmd: "true",
  type: "cron",
  cron: "*/10 * * * *",
  schedule: { timezone: "UTC", ...schedule },
  ...more,
});

const runsOf = ({ all }: ReturnType<typeof fakeSupervisor>["history"]) =>
  [...all.values()].map(({ trigger, scheduledFor }) => [trigger, ((scheduledFor ?? 0) - NOON) / MINUTE]);

test("a run knows its time, and the time is noted before the run", async () => {
  const { supervisor, history, clock } = fakeSupervisor();
  await supervisor.define(cron("a"));
  clock.advance(10 * MINUTE);
  await turn();
  expect(history.records.get("a")?.scheduledAt).toBe(NOON + 10 * MINUTE);
  expect(runsOf(history)).toEqual([["schedule", 10]]);
});

test("missed while the service was away: made up for one after the other, and the runs say so", async () => {
  const before = fakeSupervisor();
  await before.supervisor.define(cron("a", { catch_up: "all" }));
  before.clock.advance(35 * MINUTE);
  await turn();
  before.engine.one("a").exit(0);
  // the run of 12:10 ended only now, so 12:20 and 12:30 were left out and are not missed
  before.engine.orphanAll();
  before.clock.forget();
  before.clock.advance(26 * MINUTE);
  const after = before.killed();
  for (let i = 0; i < 3; i++) {
    await turn();
    after.engine.one("a").exit(0);
  }
  await turn();
  expect(after.engine.of("a")).toHaveLength(0);
  expect(after.state("a")).toBe("scheduled");
  expect(runsOf(after.history)).toEqual([
    ["schedule", 10],
    ["catch_up", 40],
    ["catch_up", 50],
    ["catch_up", 60],
  ]);
});

test("a run that goes on over the kill still holds back what comes", async () => {
  const before = fakeSupervisor();
  await before.supervisor.define(cron("a", { overlap: "queue" }));
  before.clock.advance(10 * MINUTE);
  await turn();
  const after = before.killed();
  expect(after.state("a")).toBe("running");
  after.clock.advance(10 * MINUTE);
  await turn();
  expect(after.engine.of("a")).toHaveLength(1);
  after.engine.one("a").exit(0);
  await turn();
  expect(runsOf(after.history)).toEqual([
    ["schedule", 10],
    ["schedule", 20],
  ]);
});

test("replace stops the run that goes on, and starts when it is gone", async () => {
  const { supervisor, engine, clock, history } = fakeSupervisor();
  await supervisor.define(cron("a", { overlap: "replace" }));
  clock.advance(20 * MINUTE);
  await turn();
  expect(engine.one("a").signals).toEqual(["TERM"]);
  engine.one("a").exit(0);
  await turn();
  expect(runsOf(history)).toEqual([
    ["schedule", 10],
    ["schedule", 20],
  ]);
});

test("allow: the runs go on side by side, and each is over for itself", async () => {
  const { supervisor, engine, clock, history, state } = fakeSupervisor();
  await supervisor.define(cron("a", { overlap: "allow" }));
  clock.advance(30 * MINUTE);
  await turn();
  expect(engine.of("a")).toHaveLength(3);
  for (const process of engine.of("a")) process.exit(0);
  await turn();
  expect(state("a")).toBe("scheduled");
  expect(runsOf(history)).toEqual([
    ["schedule", 10],
    ["schedule", 20],
    ["schedule", 30],
  ]);
});

test("what comes while it is stopped is not missed", async () => {
  const { supervisor, engine, clock, facts } = fakeSupervisor();
  await supervisor.define(cron("a", { catch_up: "all" }));
  await supervisor.stop("a");
  clock.advance(60 * MINUTE);
  supervisor.start("a");
  await turn();
  expect(engine.processes).toHaveLength(0);
  expect(facts.filter(({ kind }) => kind === "schedule.missed")).toEqual([]);
  expect(supervisor.get("a").nextRunAt).toBe(NOON + 70 * MINUTE);
});

test("what comes while it is paused is missed, and made up for as its policy says", async () => {
  const { supervisor, engine, clock, history, facts } = fakeSupervisor();
  await supervisor.define(cron("none"));
  await supervisor.define(cron("last", { catch_up: "last" }));
  supervisor.pause("none");
  supervisor.pause("last");
  clock.advance(35 * MINUTE);
  expect(engine.processes).toHaveLength(0);
  supervisor.resume("none");
  supervisor.resume("last");
  await turn();
  expect(engine.of("none")).toHaveLength(0);
  expect(runsOf(history)).toEqual([["catch_up", 30]]);
  expect(facts.filter(({ kind }) => kind === "schedule.missed")).toHaveLength(2);
});

test("stopped when the service ends it stays so; enabled, it takes up where it was", async () => {
  const before = fakeSupervisor();
  await before.supervisor.define(cron("on", { catch_up: "last" }));
  await before.supervisor.define(cron("off", { catch_up: "last" }));
  await before.supervisor.stop("off");
  await before.supervisor.shutdown();
  before.clock.advance(25 * MINUTE);
  const after = before.killed();
  await turn();
  expect(after.engine.of("off")).toHaveLength(0);
  expect(after.engine.one("on").request.task.name).toBe("on");
  expect(runsOf(after.history)).toEqual([["catch_up", 20]]);
});

test("the agenda is what all schedules have before them, in its order", async () => {
  const { supervisor } = fakeSupervisor();
  await supervisor.define(cron("tens"));
  await supervisor.define(cron("fifteens", {}, { cron: undefined, every_ms: 15 * MINUTE }));
  await supervisor.define(cron("off"));
  await supervisor.stop("off");
  const shown = (from: number, to: number, limit: number) =>
    agenda(supervisor.list(), NOON + from * MINUTE, NOON + to * MINUTE, limit).map(
      ({ task, at }) => `${(at - NOON) / MINUTE} ${task}`,
    );
  expect(shown(0, 30, 10)).toEqual(["10 tens", "15 fifteens", "20 tens", "30 tens", "30 fifteens"]);
  expect(shown(20, 30, 2)).toEqual(["20 tens", "30 tens"]);
  expect(shown(-60, 5, 10)).toEqual([]);
});
