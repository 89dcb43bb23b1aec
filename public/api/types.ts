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
  deps: (string | { task: string; condition: string })[];
  reload: { signal?: string; command?: string | string[] } | null;
  /** Why not all of it runs, in a sentence. */
  why: string | null;
  desired: Desired;
  state: State;
  revision: number;
  created_at: string;
  updated_at: string;
  next_run_at: string | null;
  last_run: LastRun | null;
  instances: Instance[];
};

export type Run = {
  id: string;
  index: number;
  alias: string;
  started_at: string;
  ended_at: string | null;
  result: string | null;
  exit_code: number | null;
  exit_signal: string | null;
};

/** Who wrote: the process, or the service with a line of its own; null where nobody can tell any more. */
export type OutputStream = "stdout" | "stderr" | "meproc" | null;

/** A line, without its end, or what there is of one. */
export type OutputLine = {
  /** When its end was read. */
  time: string | null;
  stream: OutputStream;
  run: string | null;
  replica: number;
  text: string;
};

/** A piece of output as it was read: base64, because it may end in the middle of a character. */
export type OutputPiece = Omit<OutputLine, "text"> & { data: string };

/** How much of a replica was passed over. */
export type OutputGap = { replica: number; missed_bytes: number };

export type OutputFile = {
  name: string;
  alias: string;
  day: string;
  size_bytes: number;
  compressed: boolean;
  /** It is being written. */
  open: boolean;
  modified_at: string;
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
  /** Whose output is being lost at the moment, and why. */
  output_trouble?: string | null;
  /** What whoever looks after the service should know of its safety. */
  warnings?: string[];
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

export type Plugin = {
  kind: "plugin" | "listener";
  name: string;
  source: string;
  state: "starting" | "running" | "backoff" | "failed" | "stopping" | "stopped" | "disabled";
  reason: string | null;
  handled: number;
  errors: number;
  late: number;
  dropped: number;
};
