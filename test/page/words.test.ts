import { expect, test } from "bun:test";
import { bytesInWords } from "../../public/words/bytes.ts";
import { distance, duration } from "../../public/words/duration.ts";
import { clockTime, moment, momentIn } from "../../public/words/moment.ts";
import { pluginCounts } from "../../public/words/plugin.ts";
import { unhappyEnd } from "../../public/words/outcome.ts";

const [SECOND, MINUTE, HOUR, DAY] = [1000, 60_000, 3_600_000, 86_400_000];

test.each([
  [0, "0 bytes"],
  [999, "999 bytes"],
  [1000, "1.0 KB"],
  [3449, "3.4 KB"],
  [1_000_000, "1.0 MB"],
  [2_500_000_000, "2.5 GB"],
])("%d bytes are %p", (bytes, words) => {
  expect(bytesInWords(bytes)).toBe(words);
});

test.each([
  [-5, "0s"],
  [8 * SECOND + 999, "8s"],
  [3 * MINUTE + 12 * SECOND, "3m 12s"],
  [5 * HOUR + 4 * MINUTE + 59 * SECOND, "5h 04m"],
  [12 * DAY + 3 * HOUR, "12d 3h"],
])("%d ms last %p", (ms, words) => {
  expect(duration(ms)).toBe(words);
});

test.each([
  [0, "now"],
  [999, "now"],
  [5 * SECOND, "in 5s"],
  [5 * SECOND + 1, "in 6s"],
  [-5 * SECOND - 999, "5s ago"],
  [-2 * HOUR, "2h 00m ago"],
])("what is %d ms away is %p", (ms, words) => {
  expect(distance(1_000_000_000 + ms, 1_000_000_000)).toBe(words);
});

test("a moment names day, time and zone", () => {
  expect(moment("2026-11-22T13:31:05.000Z")).toStartWith("22 Nov 2026, ");
  expect(moment("2026-11-22T13:31:05.000Z")).toEndWith(":31:05 UTC");
});

test("a moment of the service is shown in its zone", () => {
  expect(momentIn("2026-11-22T13:31:05.000Z", "Europe/Berlin")).toBe("Sun 22 Nov, 14:31:05");
});

test("a moment in a zone that the browser does not know names the zone that is used instead", () => {
  expect(momentIn("2026-11-22T13:31:05.000Z", "Mars/Olympus")).toEndWith(":31:05 UTC");
});

test.each([
  [null, null, null],
  [0, null, null],
  [3, null, "exit code 3"],
  [127, null, "exit code 127: command not found"],
  [126, null, "exit code 126: the command cannot be executed"],
  [null, "SIGKILL", "killed (SIGKILL)"],
  [null, "SIGUSR1", "ended by SIGUSR1"],
])("exit code %p and signal %p are %p", (code, signal, words) => {
  expect(unhappyEnd(code, signal)).toBe(words);
});

test("a line's time is that of the clock, with the day before it if that is not today", () => {
  const time = new Date(2026, 10, 22, 13, 31, 5, 42).getTime();
  expect(clockTime(time, time + MINUTE)).toBe("13:31:05.042");
  expect(clockTime(time, time + DAY)).toBe("22 Nov 13:31:05.042");
});

test.each([
  [{ handled: 1 }, "1 event"],
  [{ handled: 12, errors: 1 }, "12 events, 1 error"],
  [{ handled: 0, errors: 2, late: 3, dropped: 4 }, "0 events, 2 errors, 3 late, 4 dropped"],
])("of a plugin %p is said in words", (counts, words) => {
  const about = { kind: "plugin", name: "x", source: "x.ts", state: "running", reason: null } as const;
  const nothing = { handled: 0, errors: 0, late: 0, dropped: 0 };
  expect(pluginCounts({ ...about, ...nothing, ...counts })).toBe(words);
});
