/** A task as /api/v1 shows it, for the document. */
import { completeTask, shownDependency } from "../domain/task.ts";
import type { TaskDetails, TaskView } from "./task-view.ts";

const TIME = "2026-11-22T12:00:00.000Z";
const task = completeTask({ name: "web", cmd: "node server.js", type: "daemon" });

export const TASK_EXAMPLE: TaskView = {
  ...task,
  deps: task.deps.map(shownDependency),
  labels: { tier: "web" },
  env: { PORT: "***" },
  desired: "running",
  state: "running",
  why: null,
  set: null,
  revision: 1,
  created_at: TIME,
  updated_at: TIME,
  next_run_at: null,
  last_run: null,
  instances: [
    {
      alias: "web:0",
      index: 0,
      state: "running",
      since: TIME,
      health: "none",
      pid: 6122,
      started_at: TIME,
      restarts: 0,
      retry_at: null,
      waiting_for: null,
      reason: null,
      run: "019aab3c-5d1e-7c41-9a40-3d1f5c0a8e21",
      exit_code: null,
      exit_signal: null,
      last: null,
    },
  ],
};

export const FACT_EXAMPLE = {
  id: 7,
  time: TIME,
  kind: "run.started",
  task: "web",
  alias: "web:0",
  from: "starting",
  to: "running",
  reason: null,
  actor: "api",
  run: "019aab3c-5d1e-7c41-9a40-3d1f5c0a8e21",
  pid: 6122,
};

export const DETAILS_EXAMPLE: TaskDetails = {
  ...TASK_EXAMPLE,
  facts: [FACT_EXAMPLE],
  usage: [
    {
      alias: "web:0",
      index: 0,
      usage: { processes: 2, threads: 12, rss_bytes: 73_400_320, cpu_ms: 1830, open_files: 21 },
    },
  ],
};
