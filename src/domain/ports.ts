/** What the supervisor needs of the world. Adapters implement these and never see each other; main.ts wires them. */
import type { Fact, FactBody } from "./fact.ts";
import type {
  ProcessIdentity,
  RunEnd,
  RunPage,
  RunQuery,
  RunRecord,
  RunStart,
  TaskRecord,
} from "./history.ts";
import type { Moment } from "./instance.ts";
import type { Position } from "./position.ts";
import type { Exit, RunId, Usage } from "./run.ts";
import type { Command, Signal } from "./task-policies.ts";
import type { Task } from "./task.ts";

export type Cancel = () => void;

export interface Clock {
  now(): Moment;
  /** Calls back at `mono` or later, once. */
  at(mono: number, callback: () => void): Cancel;
  /** Calls back when the wall clock shows `wall` (Unix ms) or later, never before, also over clock steps. */
  atWall(wall: number, callback: () => void): Cancel;
  /** Calls back whenever the wall clock has been set, or has gone on while the machine slept; within a second. */
  whenSet(callback: () => void): Cancel;
}

/** The two ends that a run writes to: a file descriptor to hand to the process, or "pipe" to be handed streams. */
export interface Channel {
  readonly stdout: number | "pipe";
  readonly stderr: number | "pipe";
  /** The process has its own copies now; with "pipe", here are the reading ends. */
  spawned(streams: { stdout: ReadableStream<Uint8Array>; stderr: ReadableStream<Uint8Array> } | null): void;
  /** Nothing will be written: the process could not be started. */
  discard(): void;
}

export interface OpenChannel {
  readonly alias: string;
  readonly run: RunId;
  /** The user whose process will write, so that it may open its /dev/stdout anew; `null` is the service's own. */
  readonly owner: Identity | null;
}

export interface OutputSink {
  /** Throws an Error in words if no channel can be made. */
  open(request: OpenChannel): Channel;
  /** Puts a line of the service's own into the output of an alias. */
  note(alias: string, text: string): void;
}

/** A user and group as the system knows them. */
export interface Identity {
  readonly uid: number;
  readonly gid: number;
  /** `null` where only a group was asked for. */
  readonly account: { readonly name: string; readonly home: string; readonly shell: string } | null;
}

export interface Users {
  /** Finds user and group by name; an Error in words if there is none or we may not become it. */
  resolve(user: string | null, group: string | null): Promise<Identity | Error>;
}

/** Which limits this machine can hold a process tree to. */
export interface LimitsCheck {
  /** Why these limits cannot be set here, in words, or `null`. */
  unavailable(limits: NonNullable<Task["limits"]>): string | null;
}

export interface RunRequest {
  readonly run: RunId;
  readonly task: Task;
  readonly index: number;
  readonly alias: string;
}

/** What an engine tells of a run: `spawned` or `failed` first, then `exited`, then `gone`; each at most once. */
export interface RunListener {
  /** `null` for a run that has no process of its own. */
  spawned(process: ProcessIdentity | null): void;
  failed(reason: string): void;
  /**
   * The process itself has ended, and its hook post_stop, if it has one; `null` if nobody could collect how. `at` is when
   * the process ended, now if not given; `oom` says that the system ended it because its memory limit was reached.
   */
  exited(exit: Exit | null, usage: Usage, at?: Moment, oom?: boolean): void;
  /** Nothing of the run is left: no process of its group, no descendant that we know. */
  gone(): void;
}

export interface RunHandle {
  /**
   * Asks the whole tree to end, with the signal or the command of its task's stop policy; also one that has not been
   * spawned yet, or whose leader has exited.
   */
  terminate(): void;
  kill(): void;
  /** The definition has changed in what does not concern the process: from now on this one's hooks and stop policy hold. */
  update(task: Task): void;
  /** Sends a signal to the process itself. Throws `conflict` where there is none, or none that takes signals. */
  signal(signal: Signal): void;
  /** Writes to its stdin; settles when it has been taken. Throws `conflict` where its task keeps none open. */
  write(bytes: Uint8Array): Promise<void>;
  /** What its tree uses, looked at now; `null` where nothing is there or the system does not tell. */
  usage(): TreeUsage | null;
}

/** What a run's process and all its descendants use at a moment. `null` where the system does not tell. */
export interface TreeUsage {
  readonly processes: number;
  readonly threads: number | null;
  readonly rss_bytes: number;
  /** CPU time so far, of what lives. */
  readonly cpu_ms: number;
  readonly open_files: number | null;
}

/** How a command of a task (a hook, a reload, a check) ended. */
export type CommandEnd =
  | { readonly kind: "exited"; readonly exit: Exit }
  | { readonly kind: "timeout" }
  | { readonly kind: "aborted" }
  | { readonly kind: "failed"; readonly reason: string };

/** Runs commands that belong to a run: as its user, in its folder, with its environment. */
export interface Commands {
  /**
   * Settles when the whole tree of the command is gone. At `timeoutMs`, or when `signal` aborts, all of it is killed, and
   * so is what it leaves in the background. What it writes goes to the output of the alias, unless `quiet`. `pid` is the run's process, in MEPROC_PID.
   */
  run(request: RunRequest, command: Command, options: CommandOptions): Promise<CommandEnd>;
}

export interface CommandOptions {
  readonly timeoutMs: number;
  readonly pid: number | null;
  readonly quiet?: boolean;
  readonly signal?: AbortSignal;
  /** Variables beside those of its task. */
  readonly variables?: Readonly<Record<string, string>>;
}

/** Looks once whether a run is healthy. */
export interface Prober {
  /** `null` for healthy, else why it is not, in words. Settles within `timeoutMs`, with nothing left behind. */
  probe(request: RunRequest, check: Probe, timeoutMs: number, signal: AbortSignal): Promise<string | null>;
}

/** A check with its {index} replaced. `log` is no probe: it is followed. */
export type Probe =
  | { readonly kind: "http"; readonly url: string }
  | { readonly kind: "tcp"; readonly host: string; readonly port: number }
  | { readonly kind: "exec"; readonly command: Command; readonly pid: number | null };

/** Tells of what a run writes. */
export interface LineWatcher {
  /**
   * Calls back once, at the first line of the run that matches, be it written already; never before this call has returned,
   * and not after it was cancelled.
   */
  watch(of: WatchedOutput, pattern: RegExp, matched: () => void): Cancel;
}

export interface WatchedOutput {
  readonly run: RunId;
  readonly alias: string;
  /** When the run began, in Unix ms: nothing of it is older. */
  readonly since: number;
}

/** Tells of changed files. */
export interface Watcher {
  /** Calls back with a path that changed, at each change; throws an Error in words where a path cannot be watched. */
  watch(paths: readonly string[], ignore: readonly string[], changed: (path: string) => void): Cancel;
}

/** Starts runs: local processes and coroutines are two engines behind one suite of tests. */
export interface Engine {
  /** Never throws: what goes wrong is told to the listener, and never before this call has returned. */
  start(request: RunRequest, listener: RunListener): RunHandle;
  /**
   * Takes over a run that an earlier service has started; `null` if nothing of it is there any more. Only `exited` and
   * `gone` are told; `exited` not at all if the process itself had ended and others of its tree have not.
   */
  adopt(request: RunRequest, process: ProcessIdentity | null, listener: RunListener): Adopted | null;
  /** Takes over what a run that has ended left behind; `null` if that is nothing. Only `gone` is told. */
  adoptRest(request: RunRequest, process: ProcessIdentity | null, listener: RunListener): RunHandle | null;
  /** The runs of earlier services of which something lives: ended or not, noted or not. */
  left(): readonly LeftRun[];
}

export interface LeftRun {
  readonly run: RunId;
  /** Which instance it is of, as its processes say themselves; `null` where they do not: then only its record tells. */
  readonly place: { readonly task: string; readonly index: number } | null;
}

export interface Adopted {
  readonly handle: RunHandle;
  /** The process itself lives; else only what it left behind does. */
  readonly process: ProcessIdentity | null;
}

/** The runs that are remembered. */
export interface RunArchive {
  run(id: RunId): RunRecord | null;
  /** The newest first. */
  runs(query: RunQuery): RunPage;
}

/** Which facts are asked for. */
export interface FactQuery {
  readonly task?: string;
  /** Told after the fact of this id. */
  readonly after?: number;
  readonly limit: number;
  /** The newest ones instead of the oldest. */
  readonly newest?: boolean;
}

/** The facts that are remembered. */
export interface FactArchive {
  /** In the order in which they were told. */
  facts(query: FactQuery): Fact[];
}

/** Small texts that a part of the service keeps over restarts, by room and key. */
export interface Keepsakes {
  /** In the order of their keys. */
  kept(room: string): readonly (readonly [key: string, value: string])[];
  /** `null` removes. Never throws; it is on disk with the facts of the same turn, in one transaction. */
  keep(room: string, key: string, value: string | null): void;
  /** What has been put off is on disk. */
  flush(): void;
}

/** Where tasks and runs are remembered. A write never throws: what cannot be written is made up for later. */
export interface History {
  /** It is on disk after the next `flush`, or at the end of this turn of the event loop. */
  saveTask(record: TaskRecord): void;
  /** What has been put off is on disk: to be called before anybody is answered, and before a process is spawned. */
  flush(): void;
  removeTask(name: string): void;
  /** It must be on disk before the process is there, which can be found then: who spawns it calls `flush`. */
  runStarting(start: RunStart): void;
  /** It is on disk at the end of this turn; a process of a run in which it is missing is found by its environment. */
  runSpawned(run: RunId, process: ProcessIdentity): void;
  runEnded(run: RunId, end: RunEnd): void;
  /** The run never came to a process and shall count as not asked for. */
  forgetRun(run: RunId): void;
  /** What an earlier service left. */
  tasks(): TaskRecord[];
  openRuns(): RunRecord[];
  run(id: RunId): RunRecord | null;
  /** The newest ended run of each instance that started at `since` (Unix ms) or later. */
  lastRuns(task: string, since: number): RunRecord[];
}

export type Publish = (fact: FactBody) => void;

export interface OutputPage {
  readonly bytes: Uint8Array;
  readonly from: Position;
  readonly to: Position;
  /** There is output before `from`. */
  readonly more: boolean;
}

export interface OutputReader {
  /** The newest `limit` bytes of what was captured today (UTC). */
  today(alias: string, limit: number): Promise<Uint8Array>;
  /** At most `limit` bytes that end at `before`, or at the newest; begins at a line's start where it can. */
  page(alias: string, before: Position | null, limit: number): Promise<OutputPage>;
}

/** A process that does one thing for the service. */
export interface Helper {
  readonly stdout: ReadableStream<Uint8Array>;
  /** Its exit code. */
  readonly exited: Promise<number>;
  /** At once, whatever it is doing; also when it has ended. */
  kill(): void;
}

/** Starts a helper with something to read. */
export type StartHelper = (input: string) => Helper;
