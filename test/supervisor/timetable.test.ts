import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { FactBody } from "../../src/domain/fact.ts";
import { type TaskDefinition, completeTask } from "../../src/domain/task.ts";
import { cronSchedule, timesBetween } from "../../src/supervisor/schedule.ts";
import { ON_TIME_MS, type Scheduled, Timetable } from "../../src/supervisor/timetable.ts";
import { FakeClock } from "../fakes/clock.ts";

const NOON = Date.UTC(2026, 10, 22, 12);
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

type Policy = NonNullable<TaskDefinition["schedule"]>;
const UTC: Policy = { timezone: "UTC" };

/** A task with a schedule, whose runs end when the test says so. What is noted outlives the timetable, as a store does. */
function scheduled(definition: Partial<TaskDefinition>, clock = new FakeClock(NOON), random = () => 0.5) {
  const facts: FactBody[] = [];
  const starts: { at: number; trigger: string; for: number; how: string }[] = [];
  const state = { active: false, waits: 0 };
  const start = (how: string) => (trigger: string, scheduledFor: number) => {
    starts.push({ at: clock.now().wall, trigger, for: scheduledFor, how });
    state.active = true;
  };
  const owner = {
    task: completeTask({ name: "job", cmd: "true", type: "cron", schedule: UTC, ...definition }),
    createdAt: clock.now().wall,
    scheduledAt: null as number | null,
    get active() {
      return state.active;
    },
    start: start("alone"),
    startBeside: start("beside"),
    replace: start("replaces"),
    noteScheduled: (at: number) => {
      owner.scheduledAt = at;
    },
  } satisfies Scheduled;
  const counting = {
    ...clockOf(clock),
    atWall: (wall: number, callback: () => void) => {
      state.waits++;
      return clock.atWall(wall, callback);
    },
  };
  const make = () => new Timetable(owner, { clock: counting, random, publish: (fact) => facts.push(fact) });
  let timetable = make();
  return {
    clock,
    owner,
    facts,
    starts,
    state,
    get timetable() {
      return timetable;
    },
    /** The times it was started for, as hours and minutes. */
    times: () => starts.map((each) => new Date(each.for).toISOString().slice(11, 16)),
    skipped: () =>
      facts.flatMap((fact) =>
        fact.kind === "schedule.skipped" ? [`${fact.scheduled_for.slice(11, 16)} ${fact.reason}`] : [],
      ),
    missed: () =>
      facts.flatMap((fact) =>
        fact.kind === "schedule.missed"
          ? [`${fact.from.slice(11, 16)}-${fact.to.slice(11, 16)} ${fact.made_up}`]
          : [],
      ),
    arm: () => timetable.arm(),
    end: () => {
      state.active = false;
      timetable.idle();
    },
    /** The service is killed, and comes back after a while. */
    away: (ms: number) => {
      clock.forget();
      state.active = false;
      clock.advance(ms);
      timetable = make();
      timetable.arm();
    },
  };
}

function clockOf(clock: FakeClock) {
  return {
    now: () => clock.now(),
    at: (mono: number, callback: () => void) => clock.at(mono, callback),
    whenSet: (callback: () => void) => clock.whenSet(callback),
  };
}

test("it starts at each time, and tells which is next", () => {
  const { clock, timetable, arm, end, times, facts } = scheduled({ cron: "*/5 * * * *" });
  arm();
  expect(timetable.nextRunAt).toBe(NOON + 5 * MINUTE);
  clock.advance(5 * MINUTE);
  end();
  clock.advance(5 * MINUTE);
  expect(times()).toEqual(["12:05", "12:10"]);
  expect(facts.map(({ kind }) => kind)).toEqual(Array(3).fill("schedule.planned"));
  timetable.disarm();
  expect(timetable.nextRunAt).toBeNull();
  clock.advance(HOUR);
  expect(times()).toHaveLength(2);
});

test("every_ms counts from when the task was made, and keeps its rate over a restart", () => {
  const { clock, arm, end, starts, away } = scheduled({ every_ms: 90 * SECOND });
  arm();
  clock.advance(90 * SECOND);
  end();
  away(80 * SECOND);
  clock.advance(10 * SECOND);
  expect(starts.map(({ at }) => at - NOON)).toEqual([90 * SECOND, 180 * SECOND]);
});

describe("a time that comes while the run before goes on", () => {
  const everyMinute = (overlap: Policy["overlap"]) => {
    const world = scheduled({ cron: "* * * * *", schedule: { ...UTC, ...(overlap && { overlap }) } });
    world.arm();
    world.clock.advance(3 * MINUTE);
    return world;
  };
  test("is left out, unless said otherwise", () => {
    const { times, skipped, end } = everyMinute(undefined);
    end();
    expect(times()).toEqual(["12:01"]);
    expect(skipped()).toEqual(["12:02 still running", "12:03 still running"]);
  });
  test("queue: one waits", () => {
    const { times, skipped, end } = everyMinute("queue");
    end();
    end();
    expect(times()).toEqual(["12:01", "12:02"]);
    expect(skipped()).toEqual(["12:03 still running"]);
  });
  test("replace: it takes the place of the run", () => {
    const { starts, skipped } = everyMinute("replace");
    expect(starts.map(({ how }) => how)).toEqual(["alone", "replaces", "replaces"]);
    expect(skipped()).toEqual([]);
  });
  test("allow: it runs beside it", () => {
    const { starts } = everyMinute("allow");
    expect(starts.map(({ how }) => how)).toEqual(["beside", "beside", "beside"]);
  });
});

describe("times that were missed while the service was away", () => {
  const back = (schedule: Policy, away = 32 * MINUTE) => {
    const world = scheduled({ cron: "*/10 * * * *", schedule: { ...UTC, ...schedule } });
    world.arm();
    world.away(away);
    return world;
  };
  test("are not made up for, unless asked", () => {
    const { times, missed, clock } = back({});
    expect(times()).toEqual([]);
    expect(missed()).toEqual(["12:10-12:30 0"]);
    clock.advance(8 * MINUTE);
    expect(times()).toEqual(["12:40"]);
  });
  test("last: once, however many", () => {
    const { starts, end, times } = back({ catch_up: "last" });
    end();
    expect(times()).toEqual(["12:30"]);
    expect(starts[0]?.trigger).toBe("catch_up");
  });
  test("all: one after the other", () => {
    const { end, times } = back({ catch_up: "all" });
    expect(times()).toEqual(["12:10"]);
    end();
    end();
    end();
    expect(times()).toEqual(["12:10", "12:20", "12:30"]);
  });
  test("all: the latest, up to the limit", () => {
    const { end, times, missed } = back({ catch_up: "all", catch_up_limit: 2 }, 100 * HOUR + MINUTE);
    end();
    end();
    end();
    expect(times()).toEqual(["15:50", "16:00"]);
    expect(missed()).toEqual(["12:10-16:00 2"]);
  });
  test("allow: all of them at once", () => {
    const { starts } = back({ catch_up: "all", overlap: "allow" });
    expect(starts.map(({ how }) => how)).toEqual(["beside", "beside", "beside"]);
  });
  test("a time that has just come is no missed one", () => {
    const { starts, missed } = back({}, 10 * MINUTE + ON_TIME_MS - SECOND);
    expect(starts).toMatchObject([{ trigger: "schedule", for: NOON + 10 * MINUTE }]);
    expect(missed()).toEqual([]);
  });
  test("what waited to be made up for when it was killed is made up for after", () => {
    const { end, times, away } = back({ catch_up: "all" });
    away(MINUTE);
    end();
    end();
    expect(times()).toEqual(["12:10", "12:20", "12:30"]);
  });
  test("a hundred and more stop it no more than one: the next time comes as ever", () => {
    const { clock, times, end } = back({ catch_up: "last" }, 1000 * HOUR + MINUTE);
    end();
    clock.advance(9 * MINUTE);
    expect(times()).toEqual(["04:00", "04:10"]);
  });
  test("a year of seconds is looked through without counting them", () => {
    const world = scheduled({
      cron: "* * * * * *",
      schedule: { ...UTC, catch_up: "all", catch_up_limit: 3 },
    });
    world.arm();
    const began = performance.now();
    world.away(365 * DAY);
    expect(performance.now() - began).toBeLessThan(1000);
    const before = Date.UTC(2027, 10, 22, 12) - ON_TIME_MS;
    for (let i = 0; i < 3; i++) world.end();
    expect(world.starts.slice(0, 3).map((each) => each.for)).toEqual([before - 2000, before - 1000, before]);
  });
});

describe("fault 20: the wall clock is set", () => {
  const every10 = (schedule: Policy = {}) => {
    const world = scheduled({ cron: "*/10 * * * *", schedule: { ...UTC, ...schedule } });
    world.arm();
    world.clock.advance(11 * MINUTE);
    world.end();
    return world;
  };
  test("an hour forward: what it jumped over is missed, the next time comes as ever", () => {
    const { clock, times, missed } = every10();
    clock.set(HOUR);
    expect(missed()).toEqual(["12:20-13:10 0"]);
    clock.advance(9 * MINUTE);
    expect(times()).toEqual(["12:10", "13:20"]);
  });
  test("an hour forward, with catch_up last: the last is made up for at once", () => {
    const { clock, times } = every10({ catch_up: "last" });
    clock.set(HOUR);
    expect(times()).toEqual(["12:10", "13:10"]);
  });
  test("an hour back: nothing runs twice, and it goes on where it was", () => {
    const { clock, times, end, timetable } = every10();
    clock.advance(10 * MINUTE);
    end();
    clock.set(-HOUR);
    expect(timetable.nextRunAt).toBe(NOON + 30 * MINUTE);
    clock.advance(HOUR + 9 * MINUTE);
    expect(times()).toEqual(["12:10", "12:20", "12:30"]);
  });
  test("forward and back again: what was made up for does not come again", () => {
    const { clock, times, end } = every10({ catch_up: "all" });
    clock.set(30 * MINUTE);
    for (let i = 0; i < 5; i++) end();
    clock.set(-30 * MINUTE);
    clock.advance(39 * MINUTE);
    expect(times()).toEqual(["12:10", "12:20", "12:30", "12:40", "12:50"]);
  });
  test("an hour back while the service is away", () => {
    const { clock, times, end, away } = every10();
    clock.set(-HOUR);
    away(MINUTE);
    end();
    clock.advance(HOUR + 8 * MINUTE);
    expect(times()).toEqual(["12:10", "12:20"]);
  });
  test("a day back it counts as corrected: the schedule does not rest for a day", () => {
    const { clock, times } = every10();
    clock.set(-DAY);
    clock.advance(9 * MINUTE);
    expect(times()).toEqual(["12:10", "12:20"]);
  });
  test("every_ms goes on at its rate", () => {
    const world = scheduled({ every_ms: MINUTE, schedule: { overlap: "allow" } });
    world.arm();
    world.clock.advance(2 * MINUTE);
    world.clock.set(-HOUR);
    world.clock.advance(2 * MINUTE);
    expect(world.starts).toHaveLength(4);
  });
});

describe("jitter", () => {
  const jittered = (random: () => number, cron = "*/10 * * * *", jitter_ms = 60 * SECOND) =>
    scheduled({ cron, schedule: { ...UTC, jitter_ms, overlap: "allow" } }, new FakeClock(NOON), random);
  test("each start is put off, by no more than was given, and keeps its time", () => {
    const parts = [0, 0.25, 0.999];
    const { clock, arm, starts } = jittered(() => parts.shift() ?? 0);
    arm();
    clock.advance(31 * MINUTE);
    expect(starts.map((each) => [each.for - NOON, each.at - each.for])).toEqual([
      [10 * MINUTE, 0],
      [20 * MINUTE, 15_000],
      [30 * MINUTE, 59_940],
    ]);
  });
  test("longer than the pause between two times, none is lost and none comes before its time", () => {
    let seed = 7;
    const random = () => {
      seed = (seed * 16807) % 2147483647;
      return seed / 2147483647;
    };
    const { clock, arm, starts } = jittered(random, "* * * * *", HOUR);
    arm();
    clock.advance(5 * HOUR);
    const due = [...timesBetween(cronSchedule("* * * * *", "UTC"), NOON, NOON + 4 * HOUR)];
    expect(starts.slice(0, due.length).map((each) => each.for)).toEqual(due);
    for (const each of starts) expect(each.at - each.for).toBeGreaterThanOrEqual(0);
  });
  test("killed while a start is put off: it is started after, once", () => {
    const { clock, arm, starts, away } = jittered(() => 0.5);
    arm();
    clock.advance(10 * MINUTE + 10 * SECOND);
    away(5 * SECOND);
    clock.advance(MINUTE);
    expect(starts.map((each) => each.for - NOON)).toEqual([10 * MINUTE]);
  });
});

describe("starting_deadline_ms", () => {
  test("a start that waited too long in the queue is left out", () => {
    const world = scheduled({
      cron: "* * * * *",
      schedule: { ...UTC, overlap: "queue", starting_deadline_ms: 5 * SECOND },
    });
    world.arm();
    world.clock.advance(2 * MINUTE + 6 * SECOND);
    world.end();
    expect(world.times()).toEqual(["12:01"]);
    expect(world.skipped()).toEqual(["12:02 too late"]);
  });
  test("what was missed is made up for only so long", () => {
    const world = scheduled({
      cron: "*/10 * * * *",
      schedule: { ...UTC, catch_up: "all", starting_deadline_ms: 15 * MINUTE },
    });
    world.arm();
    world.away(32 * MINUTE);
    world.end();
    world.end();
    expect(world.times()).toEqual(["12:20", "12:30"]);
  });
});

describe("a schedule that changes", () => {
  test("counts from now on: nothing of the new one was missed", () => {
    const world = scheduled({ cron: "0 3 * * *", schedule: { ...UTC, catch_up: "all" } });
    world.arm();
    world.clock.advance(HOUR + MINUTE);
    world.owner.task = { ...world.owner.task, cron: "*/10 * * * *" };
    world.arm();
    expect(world.missed()).toEqual([]);
    expect(world.timetable.nextRunAt).toBe(NOON + HOUR + 10 * MINUTE);
  });
  test("with equal times goes on, also in the middle of a jitter", () => {
    const world = scheduled({ cron: "*/10 * * * *", schedule: { ...UTC, jitter_ms: MINUTE } });
    world.arm();
    world.clock.advance(10 * MINUTE + SECOND);
    world.owner.task = { ...world.owner.task, schedule: { ...UTC, jitter_ms: MINUTE, overlap: "queue" } };
    world.arm();
    world.clock.advance(MINUTE);
    expect(world.times()).toEqual(["12:10"]);
  });
  test("to none at all rests", () => {
    const world = scheduled({ cron: "*/10 * * * *" });
    world.arm();
    world.owner.task = { ...world.owner.task, cron: null };
    world.arm();
    expect(world.timetable.nextRunAt).toBeNull();
  });
});

test.each([
  ["Europe/Berlin", "2026-03-28T12:00Z", "30 2 * * *"],
  ["Europe/Berlin", "2026-10-24T12:00Z", "30 2 * * *"],
  ["Australia/Lord_Howe", "2026-04-04T06:00Z", "45 1 * * *"],
  ["America/New_York", "2026-03-07T12:00Z", "*/15 * * * *"],
])("fault 21: in %s on %s, nothing turns in circles over the shift", (timezone, from, cron) => {
  const world = scheduled(
    { cron, schedule: { timezone, overlap: "allow" } },
    new FakeClock(Date.parse(from)),
  );
  world.arm();
  world.clock.advance(2 * DAY);
  expect(world.state.waits).toBe(world.starts.length + 1);
  const fors = world.starts.map((each) => each.for);
  expect(fors).toEqual([...new Set(fors)].sort((a, b) => a - b));
  for (const each of world.starts) expect(each.at).toBe(each.for);
});

/** It was said that a time is left out. */
function isTold(facts: readonly FactBody[], time: number): boolean {
  return facts.some((fact) => {
    if (fact.kind === "schedule.skipped") return Date.parse(fact.scheduled_for) === time;
    return fact.kind === "schedule.missed" && Date.parse(fact.from) <= time && time <= Date.parse(fact.to);
  });
}

/** What may happen to a schedule. */
const event = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant("pass"), ms: fc.integer({ min: 1, max: 3 * HOUR }) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("end"), ms: fc.constant(0) }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("set"), ms: fc.integer({ min: -HOUR, max: 2 * HOUR }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("away"), ms: fc.integer({ min: 0, max: 6 * HOUR }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("rest"), ms: fc.integer({ min: 0, max: 2 * HOUR }) }),
  },
);

test("whatever happens to clock and service, no time is run twice, none before it comes, and none is lost beyond the policy", () => {
  fc.assert(
    fc.property(
      fc.constantFrom("*/10 * * * *", "7,37 * * * *", "30 2 * * *", "0 */2 * * *", "*/45 3-20 * * *"),
      fc.constantFrom("UTC", "Europe/Berlin", "Australia/Lord_Howe"),
      fc.constantFrom(Date.UTC(2026, 2, 28), Date.UTC(2026, 9, 24), Date.UTC(2026, 3, 4), NOON),
      fc.constantFrom("skip", "queue", "replace", "allow"),
      fc.constantFrom("none", "last", "all"),
      fc.constantFrom(0, 5 * MINUTE),
      fc.array(event, { maxLength: 25 }),
      fc.float({ min: 0, max: Math.fround(0.999), noNaN: true }),
      (cron, timezone, from, overlap, catch_up, jitter_ms, events, random) => {
        const schedule = { timezone, overlap, catch_up, jitter_ms, catch_up_limit: 1000 } as const;
        const world = scheduled({ cron, schedule }, new FakeClock(from), () => random);
        world.arm();
        let latest = from;
        for (const { kind, ms } of events) {
          if (kind === "pass") world.clock.advance(ms);
          if (kind === "end") world.end();
          // never set back by more in all than what is waited for
          if (kind === "set") world.clock.set(Math.max(ms, latest - HOUR - world.clock.now().wall));
          if (kind === "away") world.away(ms);
          if (kind === "rest") {
            world.timetable.disarm();
            world.clock.advance(ms);
            world.arm();
          }
          latest = Math.max(latest, world.clock.now().wall);
        }
        // it comes to rest: everything that waits is let go
        world.clock.advance(latest - world.clock.now().wall + DAY);
        for (let i = 0; i < 2000 && world.state.active; i++) world.end();
        const fors = world.starts.map((each) => each.for);
        expect(new Set(fors).size).toBe(fors.length);
        if (!events.some(({ ms }) => ms < 0))
          for (const each of world.starts) expect(each.at).toBeGreaterThanOrEqual(each.for);
        const { next } = cronSchedule(cron, timezone);
        expect(fors.filter((time) => next(time - 1) !== time)).toEqual([]);
        const due = [...timesBetween(cronSchedule(cron, timezone), from, world.clock.now().wall - jitter_ms)];
        const lost = due.filter((time) => !fors.includes(time));
        if (catch_up === "all" && overlap === "allow") expect(lost).toEqual([]);
        expect(lost.filter((time) => !isTold(world.facts, time))).toEqual([]);
      },
    ),
    { numRuns: 400 },
  );
});
