/** A task as /api/v1 shows it, for the document. */
import type { TaskView } from "./task-view.ts";

export const TASK_EXAMPLE: TaskView = {
  name: "web",
  cmd: "node server.js",
  type: "daemon",
  cron: null,
  user: null,
  group: null,
  replica: 1,
  interval: null,
  deps: [],
  desired: "running",
  state: "running",
  revision: 1,
  created_at: "2026-11-22T12:00:00.000Z",
  updated_at: "2026-11-22T12:00:00.000Z",
  next_run_at: null,
  last_run: null,
  instances: [
    {
      alias: "web:0",
      index: 0,
      state: "running",
      since: "2026-11-22T12:00:00.000Z",
      health: "none",
      pid: 6122,
      started_at: "2026-11-22T12:00:00.000Z",
      restarts: 0,
      retry_at: null,
      waiting_for: null,
      reason: null,
      run: "019aab3c-5d1e-7c41-9a40-3d1f5c0a8e21",
      exit_code: null,
      exit_signal: null,
    },
  ],
};
