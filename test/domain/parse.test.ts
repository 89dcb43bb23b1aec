import { describe, expect, test } from "bun:test";
import { nameProblem } from "../../src/domain/name.ts";
import { nearest, parse } from "../../src/domain/parse.ts";
import { TaskDefinition, completeTask } from "../../src/domain/task.ts";

const issuesOf = (input: unknown) => {
  const parsed = parse(TaskDefinition, input);
  return parsed.ok ? [] : parsed.issues.map(({ path, message }) => `${path} ${message}`);
};
const FINE = { name: "a", cmd: "true", type: "once" };

describe("a definition", () => {
  test("that gives null for a field has not given it", () => {
    const parsed = parse(TaskDefinition, { ...FINE, replica: null, user: null });
    expect(parsed.ok && completeTask(parsed.value)).toMatchObject({
      replica: 1,
      user: null,
      interval: null,
      deps: [],
      log: null,
    });
  });

  test("that gives null for a field of its log has not given it", () => {
    const parsed = parse(TaskDefinition, { ...FINE, log: { max_bytes: 5, max_files: null } });
    expect(parsed.ok && completeTask(parsed.value).log).toEqual({ max_bytes: 5 });
  });

  test.each([
    [{ ...FINE, log: { max_bites: 1 } }, "/log/max_bites there is no such field; did you mean max_bytes?"],
    [{ ...FINE, log: { max_bytes: -1 } }, "/log/max_bytes expected an integer of at least 0"],
    [{ ...FINE, log: { stderr: "both" } }, '/log/stderr expected one of "merge", "separate"'],
    [{ ...FINE, log: "raw" }, "/log expected an object"],
    [{ ...FINE, replica: "2" }, "/replica expected an integer from 1 to 1000"],
    [{ ...FINE, replica: 1.5 }, "/replica expected an integer from 1 to 1000"],
    [{ ...FINE, interval: -1 }, "/interval expected an integer from 1 to 31536000000"],
    [{ ...FINE, type: "often" }, '/type expected one of "once", "daemon", "cron", "coroutine"'],
    [{ ...FINE, deps: "a" }, "/deps expected a list of which each is a text that is not empty or an object"],
    [{ ...FINE, deps: [1] }, "/deps/0 expected a text that is not empty or an object"],
    [{ ...FINE, comand: "x" }, "/comand there is no such field; did you mean cmd?"],
    [{ ...FINE, zzzzzz: "x" }, "/zzzzzz there is no such field"],
    [{ cmd: "x", type: "once" }, "/name required, but not given"],
    ["text", " expected an object"],
  ])("%j is told what is wrong", (input, issue) => expect(issuesOf(input)).toContain(issue));

  test("is never repeated in what is said of it", () => {
    expect(issuesOf({ ...FINE, replica: "s3cret", user: 12345 }).join()).not.toMatch(/s3cret|12345/);
  });
});

test("the nearest known word is offered when it is near", () => {
  expect(nearest("Replicas", ["replica", "name"])).toBe("replica");
  expect(nearest("x", ["name", "cmd"])).toBeNull();
});

describe("names", () => {
  test.each(["a", "web-1", "Größe", "名前", "हिन्दी", "@x", "_y.z", "9", "x".repeat(128)])(
    "%p is one",
    (name) => expect(nameProblem(name)).toBeNull(),
  );
  test.each(["", ".x", "-x", "a/b", "../x", "a b", "a:b", "a\nb", "a\0", "x".repeat(129), "😀"])(
    "%j is none",
    (name) => expect(nameProblem(name)).not.toBeNull(),
  );
});
