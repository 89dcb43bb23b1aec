/** What the API answers, as the page reads it. Times are RFC 3339 UTC; "no value" is null. */

export type TaskType = "once" | "daemon" | "cron" | "coroutine";
export type Desired = "running" | "stopped" | "enabled" | "paused";
export type State =
  "stopped" | "waiting" | "scheduled" | "starting" | "running" | "backoff" | "stopping" | "exited" | "failed";

export type Instance = {
  alias: string;
  index: number;
  state: State;
  health: "none" | "starting" | "healthy" | "unhealthy";
  pid: number | null;
  started_at: string | null;
  since: string;
  restarts: number;
  retry_at: string | null;
  waiting_for: string[] | null;
  reason: string | null;
  run: string | null;
  exit_code: number | null;
  exit_signal: string | null;
};

export type LastRun = {
  started_at: string;
  ended_at: string | null;
  result: string | null;
  exit_code: number | null;
  exit_signal: string | null;
};

export type Task = {
  name: string;
  /** A shell line; for a coroutine the path of its script; an array runs without a shell. */
  cmd: string | string[];
  type: TaskType;
  cron: string | null;
  user: string | null;
  group: string | null;
  replica: number;
  interval: number | null;
  deps: string[];
  desired: Desired;
  state: State;
  revision: number;
  created_at: string;
  updated_at: string;
  next_run_at: string | null;
  last_run: LastRun | null;
  instances: Instance[];
};

export type Page<T> = { items: T[]; next_cursor: string | null };

export type SystemInfo = {
  name: string;
  version: string;
  host: string;
  platform: string;
  pid: number;
  started_at: string;
  uptime_ms: number;
  timezone: string;
  /** Why the service cannot write its database at the moment. */
  store_trouble: string | null;
};

/** `problem` says what is wrong with the expression; then there are no times. */
export type SchedulePreview = { timezone: string; problem: string | null; next: string[] };

/** A fact of the event stream; the page needs to know only whom it concerns. */
export type Fact = { kind: string; task?: string | null };

/** An RFC 9457 problem. `path` is a JSON pointer into the body that was sent. */
export type Problem = {
  title: string;
  status: number;
  code: string;
  detail?: string;
  errors?: { path: string; message: string }[];
};
