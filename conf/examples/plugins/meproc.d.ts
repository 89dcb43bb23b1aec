/**
 * What a plugin of Meproc is given. A plugin is a TypeScript or JavaScript file in `plugins_dir`; it runs in a process of
 * its own, with low priority, and nothing that it does delays a task.
 */

/** What a plugin's file exports by default. Each function is called with one event at a time, in their order. */
export interface Plugin {
  /** The file's name without its ending, if not given. */
  readonly name?: string;
  /** Only events of these tasks, `*` stands for any text; all if not given. */
  readonly tasks?: readonly string[];
  /** Before the first event. */
  setup?(ctx: Context): unknown;
  /** A process has been started. */
  start?(event: StartEvent, ctx: Context): unknown;
  /** A process that had been started has ended. */
  stop?(event: StopEvent, ctx: Context): unknown;
  /** Anything has happened, those two as well. */
  fact?(event: Fact, ctx: Context): unknown;
  /** There were facts of which it is not known whether this plugin has dealt with them. */
  missed?(event: MissedEvent, ctx: Context): unknown;
  /** The plugin is about to be ended; two seconds are left. */
  close?(ctx: Context): unknown;
}

export interface Fact {
  /** Grows with each fact; the same if it is told again. */
  readonly id: number;
  /** RFC 3339, UTC. */
  readonly time: string;
  /** `run.started`, `instance.failed` and so on. */
  readonly kind: string;
  /** `null` for a fact about the service. */
  readonly task: string | null;
  readonly alias: string | null;
  readonly from: string | null;
  readonly to: string | null;
  readonly reason: string | null;
  readonly actor: string | null;
  /** It may have been told before. */
  readonly again: boolean;
  /** What else belongs to its kind. */
  readonly [field: string]: unknown;
}

interface OfProcess {
  /** The id of the fact, and whether it may have been told before. */
  readonly id: number;
  readonly again: boolean;
  readonly time: string;
  /** The definition of the task, values of `env` hidden; `null` if it has been removed meanwhile. */
  readonly conf: Readonly<Record<string, unknown>> | null;
  readonly task: string;
  /** `web:0` */
  readonly alias: string;
  readonly index: number;
  /** `null` for a coroutine. */
  readonly pid: number | null;
  /** The id of the run. */
  readonly run: string;
}

export interface StartEvent extends OfProcess {
  /** What started it: `api`, `schedule`, `restart` and so on. */
  readonly trigger: string;
}

export interface StopEvent extends OfProcess {
  readonly result: "succeeded" | "failed" | "stopped" | "killed" | "timeout" | "oom" | "lost";
  readonly exit_code: number | null;
  readonly exit_signal: string | null;
  readonly reason: string | null;
  readonly duration_ms: number;
}

export interface MissedEvent {
  /** The ids of the first and the last fact. */
  readonly from: number;
  readonly to: number;
  /** They are told now, once more or for the first time, with `again`. If not, they are gone for this plugin. */
  readonly again: boolean;
}

export interface Context {
  readonly name: string;
  /** `[plugins.<name>]` of the configuration. */
  readonly options: Readonly<Record<string, unknown>>;
  /** A folder of its own, for what it keeps. */
  readonly folder: string;
  /** The service's log. What is printed goes to the file `plugin:<name>-<day>.log` beside it. */
  readonly log: Log;
  /** The API of the service, with the rights of an operator. */
  readonly api: Api;
}

export interface Log {
  debug(text: string): void;
  info(text: string): void;
  warn(text: string): void;
  error(text: string): void;
}

/** Each call throws an `Error` with the `code` and `status` of the answer where it is refused. */
export interface Api {
  tasks(): Promise<readonly TaskState[]>;
  task(name: string): Promise<TaskState>;
  start(name: string): Promise<TaskState>;
  stop(name: string): Promise<TaskState>;
  restart(name: string): Promise<TaskState>;
  /** Any other call, such as `request("GET", "/api/v1/runs?task=web")`: its answer as it was parsed from JSON. */
  request(method: string, path: string, body?: unknown): Promise<unknown>;
}

export interface TaskState {
  readonly name: string;
  readonly type: "once" | "daemon" | "cron" | "coroutine";
  readonly instances: readonly InstanceState[];
  readonly [field: string]: unknown;
}

export interface InstanceState {
  readonly alias: string;
  readonly state: string;
  readonly pid: number | null;
  readonly reason: string | null;
  readonly [field: string]: unknown;
}
