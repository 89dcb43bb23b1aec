import { expect, test } from "bun:test";
import { afterEnd } from "../../src/plugins/restarts.ts";

test("the pauses grow up to a minute", () => {
  const delays = Array.from({ length: 12 }, (_, streak) => afterEnd(streak, 0, null, "x")).map((next) =>
    next.kind === "again" ? next.delayMs : null,
  );
  expect(delays).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 51_200, 60_000, 60_000]);
});

test("it is given up on after so many in a row", () => {
  expect(afterEnd(1, 0, 2, "x")).toMatchObject({ kind: "again", streak: 2 });
  expect(afterEnd(2, 0, 2, "x")).toEqual({ kind: "give_up", reason: "gave up after 2 restarts; last: x" });
  expect(afterEnd(0, 0, 0, "x")).toEqual({ kind: "give_up", reason: "x" });
});

test("who has lived for a minute begins anew", () => {
  expect(afterEnd(9, 60_000, 9, "x")).toEqual({ kind: "again", delayMs: 100, streak: 1 });
});
