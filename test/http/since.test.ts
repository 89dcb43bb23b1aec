import { expect, test } from "bun:test";
import { InvalidError } from "../../src/domain/errors.ts";
import { SINCE, parseSince } from "../../src/http/since.ts";

const NOW = Date.UTC(2026, 10, 22, 12, 0, 0);
const pattern = new RegExp(SINCE.pattern);

test.each([
  ["2026-11-22T12:00:00Z", NOW],
  ["2026-11-22t12:00:00z", NOW],
  ["2026-11-22T12:00:00.25Z", NOW + 250],
  ["2026-11-22T14:30:00+02:30", NOW],
  ["2028-02-29T00:00:00Z", Date.UTC(2028, 1, 29)],
  ["90s", NOW - 90_000],
  ["15m", NOW - 900_000],
  ["2h", NOW - 7_200_000],
  ["3d", NOW - 259_200_000],
])("%s is a time", (text, time) => {
  expect(parseSince(text, NOW)).toBe(time);
  expect(text).toMatch(pattern);
});

test.each(
  [
    ["", "Nov 22 2026", "2026", "2026-11-22", "2026-11-22T12:00", "2026-11-22T12:00:00", "1795348800000"],
    ["2026-11-22 12:00:00Z", "2026-11-22T12:00:00 02:00", "2026-11-22T24:00:00Z", "2026-11-22T12:00:60Z"],
    ["2027-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-11-31T00:00:00Z", "15", "m", "-3d", "1.5h", "2w"],
  ].flat(),
)("%p is none", (text) => {
  expect(() => parseSince(text, NOW)).toThrow(InvalidError);
  expect(() => parseSince(text, NOW)).toThrow(
    "since: expected a time of RFC 3339 such as 2026-11-22T12:00:00Z",
  );
});
