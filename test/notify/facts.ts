/** Facts as a bus would tell them. */
import type { Fact } from "../../src/domain/fact.ts";
import type { Result } from "../../src/domain/run.ts";
import type { Notice } from "../../src/domain/notify.ts";

const THEN = Date.UTC(2026, 10, 22, 12, 0, 0);
let id = 0;

const base = (task: string, index: number, at: number) => ({
  id: ++id,
  time: new Date(at).toISOString(),
  task,
  type: "daemon" as const,
  alias: `${task}:${index}`,
  index,
});

export function started(task: string, { index = 0, at = THEN } = {}): Fact {
  return { ...base(task, index, at), kind: "run.started", run: "r", pid: 7, trigger: "restart" };
}

export function finished(task: string, result: Result, { index = 0, at = THEN } = {}): Fact {
  const ok = result === "succeeded";
  return {
    ...base(task, index, at),
    kind: "run.finished",
    run: "r",
    pid: 7,
    outcome: { result, exit_code: ok ? 0 : 1, exit_signal: null, reason: ok ? null : "exit code 1" },
    duration_ms: 5,
    usage: { max_rss_bytes: null, cpu_ms: null },
  };
}

export function notice(task: string | null, text: string): Notice {
  return {
    event: "failed",
    level: "error",
    time: new Date(THEN).toISOString(),
    task,
    alias: null,
    text,
    reason: null,
    count: 1,
    fact: null,
  };
}
