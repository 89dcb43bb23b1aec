/** Tasks as the API gives them, for the tests of what the page makes of them. */
import type { Instance, Task } from "../../public/api/types.ts";

const TIME = "2026-11-22T12:00:00.000Z";

export function anInstance(change: Partial<Instance> = {}): Instance {
  return {
    alias: "web:0",
    index: 0,
    state: "running",
    since: TIME,
    health: "none",
    pid: 4711,
    started_at: TIME,
    restarts: 0,
    retry_at: null,
    waiting_for: null,
    reason: null,
    run: "1",
    exit_code: null,
    exit_signal: null,
    ...change,
  };
}

export function aTask(change: Partial<Task> = {}): Task {
  return {
    name: "web",
    cmd: "node server.js",
    type: "daemon",
    cron: null,
    user: null,
    group: null,
    replica: 1,
    interval: null,
    deps: [],
    reload: null,
    why: null,
    desired: "running",
    state: "running",
    revision: 1,
    created_at: TIME,
    updated_at: TIME,
    next_run_at: null,
    last_run: null,
    instances: [anInstance()],
    ...change,
  };
}
