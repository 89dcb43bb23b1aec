import { describe, expect, test } from "bun:test";
import type { Instance, State, Task } from "../../public/api/types.ts";
import { type ColumnKey, COLUMNS, sorted } from "../../public/task/columns.ts";
import {
  canStop,
  commandLine,
  instanceProblem,
  instanceTone,
  runningCount,
  runsAs,
  taskProblem,
  taskSince,
  taskTone,
  type Tone,
} from "../../public/task/condition.ts";
import { type Group, matches } from "../../public/task/filter.ts";
import { anInstance, aTask } from "./tasks.ts";

describe("the problem of a process", () => {
  const rows: readonly (readonly [what: string, change: Partial<Instance>, problem: string | null])[] = [
    ["none while it runs", {}, null],
    ["none while it waits", { state: "waiting", waiting_for: ["a"] }, null],
    ["none after a good end", { state: "exited", exit_code: 0 }, null],
    ["the code after a bad end", { state: "exited", exit_code: 3 }, "exit code 3"],
    ["the signal", { state: "exited", exit_signal: "SIGSEGV" }, "crashed (SIGSEGV)"],
    ["the service's words", { state: "exited", exit_code: 3, reason: "no license" }, "no license"],
    ["why it failed", { state: "failed", reason: "no such file" }, "no such file"],
    ["at least that it failed", { state: "failed" }, "failed"],
    ["why it is started again", { state: "backoff", exit_code: 1 }, "exit code 1"],
    ["the bad end of a schedule's last run", { state: "scheduled", exit_code: 1 }, "last run: exit code 1"],
    ["none for a schedule that went well", { state: "scheduled", exit_code: 0 }, null],
    ["that it is not healthy", { health: "unhealthy" }, "unhealthy"],
    ["none after we stopped it", { state: "stopped", exit_signal: "SIGTERM" }, null],
  ];
  test.each(rows)("is %s", (_, change, problem) => {
    expect(instanceProblem(anInstance(change))).toBe(problem);
    if (problem !== null) expect(instanceTone(anInstance(change))).toBe("bad");
  });
});

describe("the tone of a task", () => {
  const rows: readonly (readonly [state: State, tone: Tone])[] = [
    ["running", "good"],
    ["starting", "busy"],
    ["stopping", "busy"],
    ["waiting", "calm"],
    ["scheduled", "calm"],
    ["stopped", "ended"],
    ["exited", "ended"],
    ["backoff", "bad"],
    ["failed", "bad"],
  ];
  test.each(rows)("that is %s is %s", (state, tone) => {
    expect(taskTone(aTask({ state, instances: [anInstance({ state })] }))).toBe(tone);
  });

  test("is bad when one of its processes is", () => {
    const failed = anInstance({ alias: "web:1", index: 1, state: "failed", reason: "no such file" });
    const task = aTask({ instances: [anInstance(), failed] });
    expect(taskTone(task)).toBe("bad");
    expect(taskProblem(task)).toBe("web:1: no such file");
  });
});

describe("a task", () => {
  test("counts the processes that run", () => {
    expect(runningCount(aTask({ instances: [anInstance(), anInstance({ state: "starting" })] }))).toBe(1);
  });

  test("is in its state since the last of its processes came into it", () => {
    const [early, late, other] = ["10", "11", "12"].map((hour) => `2026-11-22T${hour}:00:00.000Z`);
    const instances = [
      anInstance({ since: String(late) }),
      anInstance({ since: String(early) }),
      anInstance({ state: "waiting", since: String(other) }),
    ];
    expect(taskSince(aTask({ instances }))).toBe(String(late));
    expect(taskSince(aTask({ instances: [], updated_at: String(other) }))).toBe(String(other));
  });

  test.each<[what: string, change: Partial<Task>, stoppable: boolean]>([
    ["running", {}, true],
    ["a schedule that is enabled", { desired: "enabled", state: "scheduled" }, true],
    ["one that has ended", { state: "exited" }, false],
    ["one that has failed", { state: "failed" }, false],
    ["one that is stopped", { desired: "stopped", state: "stopped" }, false],
  ])("can be stopped or else started: %s", (_, change, stoppable) => {
    expect(canStop(aTask(change))).toBe(stoppable);
  });

  test("shows its command in one line, also a list of arguments", () => {
    expect(commandLine(aTask({ cmd: ["node", "a.js"] }))).toBe("node a.js");
  });

  test.each([
    [null, null, null],
    ["www", null, "www"],
    ["www", "data", "www:data"],
    [null, "data", ":data"],
  ])("of user %p and group %p runs as %p", (user, group, words) => {
    expect(runsAs(aTask({ user, group }))).toBe(words);
  });
});

describe("the order of tasks", () => {
  const failed = anInstance({ state: "failed", reason: "gone" });
  const tasks = [
    aTask({ name: "b10", cmd: "c", replica: 2, deps: ["x"] }),
    aTask({ name: "b9", cmd: "a", type: "cron", state: "scheduled", next_run_at: "2026-11-22T13:00:00Z" }),
    aTask({ name: "a", cmd: "b", state: "failed", instances: [failed], user: "www" }),
  ];
  const rows: readonly (readonly [key: ColumnKey, names: string[]])[] = [
    ["name", ["a", "b9", "b10"]],
    ["command", ["b9", "a", "b10"]],
    ["type", ["b9", "a", "b10"]],
    ["state", ["a", "b10", "b9"]],
    ["replicas", ["a", "b10", "b9"]],
    ["next", ["b9", "a", "b10"]],
    ["deps", ["b10", "a", "b9"]],
    ["user", ["a", "b9", "b10"]],
  ];
  test.each(rows)("by %s", (key, names) => {
    expect(sorted(tasks, { key, descending: false }).map(({ name }) => name)).toEqual(names);
  });

  test("descending keeps equal ones by name", () => {
    const equal = ["b", "a", "c"].map((name) => aTask({ name }));
    expect(sorted(equal, { key: "type", descending: true }).map(({ name }) => name)).toEqual(["a", "b", "c"]);
  });

  test("is there for every column", () => {
    for (const { value } of COLUMNS) expect(["string", "number"]).toContain(typeof value(aTask()));
  });
});

describe("a task is found", () => {
  const task = aTask({ user: "www", deps: ["migrate"] });
  const rows: readonly (readonly [text: string, group: Group, found: boolean])[] = [
    ["", "all", true],
    ["WEB", "all", true],
    ["node www", "all", true],
    ["  migrate  ", "all", true],
    ["node absent", "all", false],
    ["", "running", true],
    ["", "problem", false],
    ["", "waiting", false],
    ["", "ended", false],
    ["web", "ended", false],
  ];
  test.each(rows)("by %p among %s: %p", (text, group, found) => {
    expect(matches(task, { text, group })).toBe(found);
  });
});
