import { describe, expect, test } from "bun:test";
import type { TaskDependency } from "../../src/domain/task.ts";
import { closure, dependents, findCycle } from "../../src/supervisor/dependencies.ts";

const idle = (...names: string[]): TaskDependency[] =>
  names.map((task) => ({ task, condition: "idle", required: false }));
const GRAPH: Record<string, TaskDependency[]> = {
  a: [],
  b: idle("a"),
  c: idle("b", "x"),
  d: idle("c", "a"),
};
const depsOf = (name: string) => GRAPH[name];

test("dependencies reach through others, and over names that do not exist", () => {
  expect([...closure("d", depsOf)].sort()).toEqual(["a", "b", "c", "x"]);
  expect([...closure("nobody", depsOf)]).toEqual([]);
});

describe("a cycle", () => {
  test("is named from the task back to itself", () => {
    expect(findCycle("a", idle("d"), depsOf)?.at(0)).toBe("a");
    expect(findCycle("a", idle("c"), depsOf)).toEqual(["a", "c", "b", "a"]);
  });

  test("of a task with itself is one", () => {
    expect(findCycle("e", idle("e"), depsOf)).toEqual(["e", "e"]);
  });

  test("may be closed by a name that was not there before", () => {
    expect(findCycle("x", idle("d"), depsOf)).toEqual(["x", "d", "c", "x"]);
  });

  test("is none where paths only meet", () => {
    expect(findCycle("e", idle("a", "b", "c", "d"), depsOf)).toBeNull();
  });
});

test("dependents are stopped first", () => {
  const tasks = [
    { name: "a", deps: [] },
    { name: "b", deps: idle("a", "gone") },
    { name: "c", deps: idle("a", "b") },
  ];
  expect(Object.fromEntries(dependents(tasks))).toEqual({ a: ["b", "c"], b: ["c"], c: [] });
});
