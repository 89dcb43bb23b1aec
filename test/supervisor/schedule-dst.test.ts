/**
 * The days on which clocks are set. The expectations are written down by hand from the rules of cron(8): a time of day
 * that the clocks jump over comes right after, one that they show twice counts once, and what has a * in its minute or
 * hour goes by the clock as it is.
 */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { cronSchedule, timesBetween } from "../../src/supervisor/schedule.ts";
import { zoneProblem } from "../../src/supervisor/zone.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Everything between two moments, as UTC without the seconds. */
function times(expression: string, zone: string, from: string, to: string): string[] {
  const found = timesBetween(cronSchedule(expression, zone), Date.parse(from) - 1, Date.parse(to) - 1);
  return [...found].map((time) => new Date(time).toISOString().slice(5, 16).replace("T", " "));
}

describe("Europe/Berlin, spring: on 29 March 2026 the clocks go from 02:00 to 03:00, at 01:00 UTC", () => {
  const day = (expression: string) =>
    times(expression, "Europe/Berlin", "2026-03-28T23:00Z", "2026-03-29T22:00Z");
  test.each([
    ["30 1 * * *", ["03-29 00:30"]],
    ["0 2 * * *", ["03-29 01:00"]],
    ["30 2 * * *", ["03-29 01:00"]],
    ["15,45 2 * * *", ["03-29 01:00"]],
    ["30 2 29 3 *", ["03-29 01:00"]],
    ["30 2,3 * * *", ["03-29 01:00", "03-29 01:30"]],
    ["0,30 2-3 * * *", ["03-29 01:00", "03-29 01:30"]],
    ["0 3 * * *", ["03-29 01:00"]],
    ["0 30 2 * * *", ["03-29 01:00"]],
    ["*/20 2 * * *", []],
    ["*/20 1-3 * * *", ["00:00", "00:20", "00:40", "01:00", "01:20", "01:40"].map((at) => `03-29 ${at}`)],
    ["@daily", ["03-28 23:00"]],
  ])("%s", (expression, expected) => expect(day(expression)).toEqual(expected));

  test("@hourly comes 23 times, an hour apart", () => {
    const found = day("@hourly");
    expect(found).toHaveLength(23);
    expect(found.slice(0, 4)).toEqual(["03-28 23:00", "03-29 00:00", "03-29 01:00", "03-29 02:00"]);
  });
  test("every other hour: 00:00, then 04:00, for there is no 02:00", () =>
    expect(day("0 */2 * * *").slice(0, 3)).toEqual(["03-28 23:00", "03-29 02:00", "03-29 04:00"]));
  test("the days before and after are as always", () =>
    expect(times("30 2 * * *", "Europe/Berlin", "2026-03-27T23:00Z", "2026-03-30T22:00Z")).toEqual([
      "03-28 01:30",
      "03-29 01:00",
      "03-30 00:30",
    ]));
});

describe("Europe/Berlin, autumn: on 25 October 2026 the clocks go from 03:00 to 02:00, at 01:00 UTC", () => {
  const day = (expression: string) =>
    times(expression, "Europe/Berlin", "2026-10-24T22:00Z", "2026-10-25T23:00Z");
  test.each([
    ["30 1 * * *", ["10-24 23:30"]],
    ["0 2 * * *", ["10-25 00:00"]],
    ["30 2 * * *", ["10-25 00:30"]],
    ["15,45 2 * * *", ["10-25 00:15", "10-25 00:45"]],
    ["0 3 * * *", ["10-25 02:00"]],
    ["0,30 2-3 * * *", ["10-25 00:00", "10-25 00:30", "10-25 02:00", "10-25 02:30"]],
    ["*/20 2 * * *", ["00:00", "00:20", "00:40", "01:00", "01:20", "01:40"].map((at) => `10-25 ${at}`)],
    ["@daily", ["10-24 22:00"]],
  ])("%s", (expression, expected) => expect(day(expression)).toEqual(expected));

  test("@hourly comes 25 times, an hour apart", () => expect(day("@hourly")).toHaveLength(25));
  test("every other hour: 02:00 is shown twice, and comes twice", () =>
    expect(day("0 */2 * * *").slice(0, 4)).toEqual([
      "10-24 22:00",
      "10-25 00:00",
      "10-25 01:00",
      "10-25 03:00",
    ]));
  test("asked within the hour that comes twice, the time of day is that of the next day", () => {
    const { next } = cronSchedule("30 2 * * *", "Europe/Berlin");
    const tomorrow = Date.parse("2026-10-26T01:30Z");
    expect(next(Date.parse("2026-10-25T00:30Z"))).toBe(tomorrow);
    expect(next(Date.parse("2026-10-25T01:00Z"))).toBe(tomorrow);
    expect(next(Date.parse("2026-10-25T01:30Z"))).toBe(tomorrow);
  });
});

describe("America/New_York: 8 March 2026 at 07:00 UTC, and 1 November at 06:00 UTC", () => {
  const spring = (expression: string) =>
    times(expression, "America/New_York", "2026-03-08T05:00Z", "2026-03-09T04:00Z");
  const autumn = (expression: string) =>
    times(expression, "America/New_York", "2026-11-01T04:00Z", "2026-11-02T05:00Z");
  test.each([
    ["30 2 * * *", ["03-08 07:00"]],
    ["59 1 * * *", ["03-08 06:59"]],
    ["0 3 * * *", ["03-08 07:00"]],
    ["* 2 * * *", []],
  ])("spring, %s", (expression, expected) => expect(spring(expression)).toEqual(expected));
  test.each([
    ["30 1 * * *", ["11-01 05:30"]],
    ["0 2 * * *", ["11-01 07:00"]],
    ["*/30 1 * * *", ["11-01 05:00", "11-01 05:30", "11-01 06:00", "11-01 06:30"]],
  ])("autumn, %s", (expression, expected) => expect(autumn(expression)).toEqual(expected));
});

describe("Australia/Lord_Howe, by half an hour: 5 April 2026 at 15:00 UTC of the 4th, 4 October at 15:30 UTC of the 3rd", () => {
  const autumn = (expression: string) =>
    times(expression, "Australia/Lord_Howe", "2026-04-04T13:00Z", "2026-04-05T13:30Z");
  const spring = (expression: string) =>
    times(expression, "Australia/Lord_Howe", "2026-10-03T13:30Z", "2026-10-04T13:00Z");
  test.each([
    ["15 1 * * *", ["04-04 14:15"]],
    ["45 1 * * *", ["04-04 14:45"]],
    ["0 2 * * *", ["04-04 15:30"]],
    ["*/15 1 * * *", ["14:00", "14:15", "14:30", "14:45", "15:00", "15:15"].map((at) => `04-04 ${at}`)],
  ])("autumn, %s", (expression, expected) => expect(autumn(expression)).toEqual(expected));
  test.each([
    ["15 2 * * *", ["10-03 15:30"]],
    ["0 2 * * *", ["10-03 15:30"]],
    ["30 2 * * *", ["10-03 15:30"]],
    ["45 2 * * *", ["10-03 15:45"]],
    ["*/10 2 * * *", ["10-03 15:30", "10-03 15:40", "10-03 15:50"]],
    ["0,20,40 2 * * *", ["10-03 15:30", "10-03 15:40"]],
  ])("spring, %s", (expression, expected) => expect(spring(expression)).toEqual(expected));
});

test("29 February is there every four years, and once in eight around 2100", () => {
  const { next } = cronSchedule("0 12 29 2 *", "Europe/Berlin");
  const found: string[] = [];
  for (let at: number | null = Date.UTC(2026, 0, 1); found.length < 3; found.push(new Date(at).toISOString()))
    at = next(at ?? Number.NaN) ?? Number.NaN;
  expect(found.map((time) => time.slice(0, 16))).toEqual([
    "2028-02-29T11:00",
    "2032-02-29T11:00",
    "2036-02-29T11:00",
  ]);
  expect(next(Date.UTC(2097, 0, 1))).toBe(Date.UTC(2104, 1, 29, 11));
});

test("a day that a zone left out is no gap in the clocks: what it had is not made up for", () =>
  expect(times("30 2 * * *", "Pacific/Apia", "2011-12-29T10:00Z", "2011-12-31T10:00Z")).toEqual([
    "12-29 12:30",
    "12-30 12:30",
  ]));

/** What the clock on the wall shows over a span, as Intl has it; `local` is as if that were UTC. */
function* wallClock(zone: string, from: number, to: number, step = MINUTE) {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
  });
  const read = (at: number) => {
    const [month = 0, day = 0, year = 0, hour = 0, minute = 0] =
      format.format(at).match(/\d+/g)?.map(Number) ?? [];
    return Date.UTC(year, month - 1, day, hour, minute);
  };
  let ahead = 0;
  for (let at = from; at < to; at += step) {
    // nobody sets clocks within a quarter of an hour
    if (at === from || at % (15 * MINUTE) === 0) ahead = read(at) - at;
    yield { at, local: at + ahead };
  }
}

const ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"];

test.each(ZONES)("a year of */7 in %s: never doubled, never skipped by real time", (zone) => {
  const from = Date.UTC(2026, 0, 1);
  const to = Date.UTC(2027, 0, 1);
  const expected = [...wallClock(zone, from, to)]
    .filter(({ local }) => new Date(local).getUTCMinutes() % 7 === 0)
    .map(({ at }) => at);
  const found = [...timesBetween(cronSchedule("*/7 * * * *", zone), from - 1, to - 1)];
  expect(found).toEqual(expected);
  const pauses = found.slice(1).map((at, i) => at - (found[i] ?? 0));
  expect(Math.min(...pauses)).toBeGreaterThan(0);
  // from :56 to the full hour, and where the clocks are set by half an hour, from :28 to :00 or :30 to :35
  expect(Math.max(...pauses)).toBeLessThanOrEqual(7 * MINUTE + 2 * MINUTE);
});

test.each(ZONES)("a year of each time of day in %s: once on every day", (zone) => {
  const from = Date.UTC(2026, 0, 1, 12);
  const days = [...wallClock(zone, from, from + 365 * DAY, DAY)];
  for (const expression of ["0 2 * * *", "30 2 * * *", "30 1 * * *", "59 2 * * *", "0 0 * * *"]) {
    const found = [...timesBetween(cronSchedule(expression, zone), from - 1, from + 365 * DAY - 1)];
    expect(found).toHaveLength(365);
    for (const [i, { at }] of days.entries()) expect(Math.abs((found[i] ?? 0) - at)).toBeLessThan(DAY);
  }
});

/** cron(8) as a program that looks at the clock on the wall each minute. */
function* byTheRules(
  zone: string,
  from: number,
  to: number,
  minutes: Set<number>,
  hours: Set<number>,
  every: boolean,
) {
  const matches = (local: number) =>
    minutes.has(new Date(local).getUTCMinutes()) && hours.has(new Date(local).getUTCHours());
  let shown = Number.NaN;
  for (const { at, local } of wallClock(zone, from - DAY, to)) {
    const last = Number.isNaN(shown) ? local - MINUTE : shown;
    let due = false;
    if (every) due = matches(local);
    else for (let missed = last + MINUTE; missed <= local; missed += MINUTE) due ||= matches(missed);
    shown = Math.max(last, local);
    if (due && at >= from) yield at;
  }
}

test("any minutes and hours, around any shift, agree with a cron that looks each minute", () => {
  const shifts = [
    ["Europe/Berlin", Date.UTC(2026, 2, 29)],
    ["Europe/Berlin", Date.UTC(2026, 9, 25)],
    ["America/New_York", Date.UTC(2026, 2, 8)],
    ["America/New_York", Date.UTC(2026, 10, 1)],
    ["Australia/Lord_Howe", Date.UTC(2026, 3, 4, 8)],
    ["Australia/Lord_Howe", Date.UTC(2026, 9, 3, 8)],
    ["America/St_Johns", Date.UTC(2026, 2, 8)],
    ["Africa/Casablanca", Date.UTC(2026, 1, 15)],
  ] as const;
  const some = (most: number) => fc.uniqueArray(fc.nat(most), { minLength: 1, maxLength: 4 });
  const star = fc.constant(null);
  fc.assert(
    fc.property(
      fc.constantFrom(...shifts),
      fc.oneof(some(59), star),
      fc.oneof({ weight: 3, arbitrary: some(4) }, { weight: 1, arbitrary: some(23) }, star),
      ([zone, day], minutes, hours) => {
        const expression = `${minutes?.join() ?? "*"} ${hours?.join() ?? "*"} * * *`;
        const set = (given: number[] | null, count: number) =>
          new Set(given ?? Array.from({ length: count }, (_, i) => i));
        const every = minutes === null || hours === null;
        const expected = [
          ...byTheRules(zone, day - DAY, day + 2 * DAY, set(minutes, 60), set(hours, 24), every),
        ];
        const found = [...timesBetween(cronSchedule(expression, zone), day - DAY - 1, day + 2 * DAY - 1)];
        expect(found).toEqual(expected);
      },
    ),
    { numRuns: 80 },
  );
});

test("what is no time zone is told so, without the input", () => {
  expect(zoneProblem("Europe/Berlin")).toBeNull();
  expect(zoneProblem("UTC")).toBeNull();
  expect(zoneProblem("Secret/Place")).toBe("expected an IANA name such as Europe/Berlin, or UTC");
});
