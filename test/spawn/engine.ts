/** An engine of the tests: real processes, their output kept in memory's stead in files, no service around it. */
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { OutputSink, RunHandle, RunListener, RunRequest, Users } from "../../src/domain/ports.ts";
import { type TaskDefinition, completeTask } from "../../src/domain/task.ts";
import { systemClock } from "../../src/platform/clock.ts";
import type { Cgroups } from "../../src/spawn/cgroup.ts";
import { Children } from "../../src/spawn/children.ts";
import { LocalCommands } from "../../src/spawn/commands.ts";
import { ExitWatch } from "../../src/spawn/exit-watch.ts";
import { LocalEngine } from "../../src/spawn/local-engine.ts";
import { findStrangers } from "../../src/spawn/strangers.ts";
import { SystemUsers } from "../../src/spawn/users.ts";
import { whenDone } from "../helpers/cleanup.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import { until } from "../helpers/until.ts";

const ROOT = join(import.meta.dir, "../..");

export interface TestEngine {
  readonly engine: LocalEngine;
  readonly commands: LocalCommands;
  readonly folder: string;
  /** What the service itself has put into the output. */
  readonly notes: string[];
  start(definition: Partial<TaskDefinition>, index?: number): TestRun;
  request(definition: Partial<TaskDefinition>, index?: number): RunRequest;
  /** Another engine on the same folder, as of the next service. */
  next(): TestEngine;
}

export interface TestRun {
  readonly request: RunRequest;
  readonly handle: RunHandle;
  /** `spawned`, `exited 0`, `exited SIGTERM`, `gone`, or why it could not be started. */
  readonly told: readonly string[];
  readonly pid: () => number;
  /** Everything that the run has written, with its hooks. */
  output(): string;
  gone(): Promise<void>;
}

export interface EngineOptions {
  readonly environment?: Record<string, string>;
  readonly cgroups?: Cgroups;
  readonly users?: Users;
  readonly folder?: string;
  readonly service?: string;
}

export function makeEngine(options: EngineOptions = {}): TestEngine {
  const { folder = temporaryFolder(), service = crypto.randomUUID() } = options;
  const notes: string[] = [];
  const children = new Children();
  const strangers = findStrangers(children);
  const spawning = {
    clock: systemClock,
    output: sinkInto(folder, notes),
    users: options.users ?? new SystemUsers(children),
    children,
    strangers,
    cgroups: options.cgroups ?? null,
    environment: options.environment ?? { PATH: process.env["PATH"] ?? "/usr/bin:/bin" },
    service,
    self: [process.execPath, join(ROOT, "src/main.ts")],
  };
  const commands = new LocalCommands(spawning);
  const thread = join(ROOT, "src/spawn/exit-thread.ts");
  const exits = new ExitWatch({ clock: systemClock, thread });
  const engine = new LocalEngine({
    ...spawning,
    commands,
    exits,
    fifoDirs: [folder],
    commit: () => undefined,
  });
  strangers.begin();
  const runs: TestRun[] = [];
  whenDone(async () => {
    for (const { handle } of runs) handle.kill();
    await Promise.all(runs.map((run) => run.gone()));
    engine.release();
    exits.close();
  });
  const request = (definition: Partial<TaskDefinition>, index = 0): RunRequest => {
    const task = completeTask({ name: "web", cmd: "true", type: "daemon", ...definition });
    return { run: crypto.randomUUID(), task, index, alias: `web:${index}` };
  };
  return {
    engine,
    commands,
    folder,
    notes,
    request,
    start: (definition, index) => {
      const asked = request(definition, index);
      const listener = listen();
      const run = testRun(asked, engine.start(asked, listener), listener, folder);
      runs.push(run);
      return run;
    },
    next: () => makeEngine({ ...options, folder, service }),
  };
}

export type Listener = RunListener & { readonly told: string[]; pid: number | null };

export function listen(): Listener {
  const told: string[] = [];
  const listener: Listener = {
    told,
    pid: null,
    spawned: (process) => {
      listener.pid = process?.pid ?? null;
      told.push("spawned");
    },
    failed: (reason) => void told.push(reason),
    exited: (exit, _, __, oom) =>
      void told.push(`exited ${exit?.exit_signal ?? exit?.exit_code ?? "unknown"}${oom ? " oom" : ""}`),
    gone: () => void told.push("gone"),
  };
  return listener;
}

function testRun(request: RunRequest, handle: RunHandle, listener: Listener, folder: string): TestRun {
  const { told } = listener;
  const ended = () => told.includes("gone") || (told.length === 1 && told[0] !== "spawned");
  return {
    request,
    handle,
    told,
    pid: () => listener.pid ?? 0,
    output: () => readFileSync(join(folder, "output"), "utf8"),
    gone: () => until(ended, "the run is gone").then(() => undefined),
  };
}

/** All of it goes into one file. */
function sinkInto(folder: string, notes: string[]): OutputSink {
  const open = () => openSync(join(folder, "output"), "a");
  return {
    open: () => {
      const [stdout, stderr] = [open(), open()];
      const close = () => [stdout, stderr].forEach(closeSync);
      return { stdout, stderr, spawned: close, discard: close };
    },
    note: (_, text) => void notes.push(text),
  };
}
