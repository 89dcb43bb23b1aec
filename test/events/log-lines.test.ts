import { describe, expect, test } from "bun:test";
import type { FactBody } from "../../src/domain/fact.ts";
import { outcomeOf, spawnError } from "../../src/domain/run.ts";
import { linesOf } from "../../src/events/log-lines.ts";

const OF = { task: "sleep1", type: "once", alias: "sleep1:0", index: 0 } as const;
const RUN = {
  ...OF,
  run: "r",
  pid: 47507,
  duration_ms: 1,
  usage: { max_rss_bytes: null, cpu_ms: null },
} as const;
const texts = (body: FactBody) => linesOf({ ...body, id: 1, time: "" }).map(({ text }) => text);

describe("the lines of 1.x, word for word", () => {
  test("a task starts", () => {
    expect(texts({ kind: "task.started", task: "sleep1", user: null, group: null })).toEqual([
      "Task sleep1 started",
    ]);
    expect(texts({ kind: "task.started", task: "sleep1", user: "guest", group: null })).toEqual([
      "Task sleep1 started",
      "Task sleep1 (as guest:) started",
    ]);
  });

  test("its processes start and stop, and it stops", () => {
    expect(texts({ kind: "run.started", ...OF, run: "r", pid: 47507, trigger: "api" })).toEqual([
      "Once Process (sleep1:0) start",
    ]);
    const outcome = outcomeOf({ exit_code: 0, exit_signal: null }, false);
    expect(texts({ kind: "run.finished", ...RUN, outcome })).toEqual(["Once Process 47507 (sleep1:0) stop"]);
    expect(texts({ kind: "task.stopped", task: "sleep1" })).toEqual(["Task sleep1 stopped"]);
  });
});

describe("what 1.x never told", () => {
  test("exit codes and signals", () => {
    const failed = outcomeOf({ exit_code: 127, exit_signal: null }, false);
    expect(texts({ kind: "run.finished", ...RUN, outcome: failed })[1]).toBe(
      "Process 47507 (sleep1:0) ended: exit code 127: command not found",
    );
    const killed = outcomeOf({ exit_code: null, exit_signal: "SIGSEGV" }, false);
    expect(texts({ kind: "run.finished", ...RUN, outcome: killed })[1]).toContain("killed by SIGSEGV");
  });

  test("what cannot be started, what waits for whom, what starts again, what was skipped", () => {
    expect(texts({ kind: "run.finished", ...RUN, outcome: spawnError("no such script") })).toEqual([
      "Once Process (sleep1:0) cannot be started: no such script",
    ]);
    expect(texts({ kind: "instance.waiting", ...OF, waiting_for: ["a", "b"] })).toEqual([
      "Process (sleep1:0) waits for a, b",
    ]);
    expect(texts({ kind: "instance.backoff", ...OF, retry_at: "", delay_ms: 300, reason: null })).toEqual([
      "Process (sleep1:0) starts again in 300 ms",
    ]);
    expect(
      texts({ kind: "schedule.skipped", task: "a", scheduled_for: "T", reason: "still running" }),
    ).toEqual(["Task a is still running, not started again at T"]);
  });

  test("what a database that could not be written has cost", () => {
    expect(texts({ kind: "store.recovered", lost_events: 0, lost_runs: 0 })).toEqual([
      "The database can be written again; nothing is missing",
    ]);
    expect(texts({ kind: "store.recovered", lost_events: 51, lost_runs: 20 })).toEqual([
      "The database can be written again; the oldest 51 events and 20 ended runs of the meantime are missing",
    ]);
  });
});
