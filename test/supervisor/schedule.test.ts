import { describe, expect, test } from "bun:test";
import { cronProblem, cronSchedule, nextTimes } from "../../src/supervisor/schedule.ts";

const NOON = Date.UTC(2026, 10, 22, 12, 0, 0);

test.each([
  "* * * * *",
  "*/5 * * * * *",
  "@daily",
  "@hourly",
  "0 0 29 2 *",
  "0 9 * * MON-FRI",
  " 5 4 * * * ",
])("%p is a schedule", (expression) => expect(cronProblem(expression)).toBeNull());

describe("what is no schedule is told why, without the input", () => {
  test.each([
    ["", "five fields"],
    ["* * *", "five fields"],
    ["* * * * * * *", "five fields"],
    ["2026-12-01T00:00:00", "five fields"],
    ["61 * * * *", "the minute is out of range, expected 0 to 59"],
    ["0 24 * * *", "the hour is out of range"],
    ["*/0 * * * *", "the step"],
    ["5-1 * * * *", "a range must go from the smaller"],
    ["secret a b c d", "expected numbers"],
    ["@reboot", "expected numbers"],
    ["0 0 30 2 *", "this time never comes"],
  ])("%p", (expression, reason) => {
    const problem = cronProblem(expression) ?? "";
    expect(problem).toContain(reason);
    expect(problem).not.toContain("secret");
  });
});

test("the next time is after the given one, also when that is a time of the schedule", () => {
  const everyMinute = cronSchedule("* * * * *");
  expect(everyMinute.next(NOON)).toBe(NOON + 60_000);
  expect(everyMinute.next(NOON - 1)).toBe(NOON);
  expect(nextTimes("*/20 * * * * *", NOON, 3).map(Number)).toEqual([
    NOON + 20_000,
    NOON + 40_000,
    NOON + 60_000,
  ]);
});
