import { expect, test } from "bun:test";
import type { Fact } from "../../src/domain/fact.ts";
import { Bus } from "../../src/events/bus.ts";

test("facts are numbered and timed, and a subscriber that fails harms no other", () => {
  const errors: unknown[] = [];
  const seen: Fact[] = [];
  const bus = new Bus(
    () => 0,
    (error) => errors.push(error),
  );
  bus.subscribe(() => {
    throw new Error("bad subscriber");
  });
  const cancel = bus.subscribe((fact) => seen.push(fact));
  bus.publish({ kind: "task.created", task: "a" });
  bus.publish({ kind: "task.removed", task: "a" });
  cancel();
  bus.publish({ kind: "task.created", task: "b" });
  expect(seen.map(({ id, time, kind }) => [id, time, kind])).toEqual([
    [1, "1970-01-01T00:00:00.000Z", "task.created"],
    [2, "1970-01-01T00:00:00.000Z", "task.removed"],
  ]);
  expect(errors).toHaveLength(3);
});
