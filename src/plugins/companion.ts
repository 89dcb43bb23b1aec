/** What plugins and listeners are given, and what they have in common. */
import type { LogLevel } from "../domain/config.ts";
import type { Fact } from "../domain/fact.ts";
import { matches } from "../domain/glob.ts";
import type { Companion } from "../domain/plugins.ts";
import type { Clock, Engine, FactArchive, Keepsakes } from "../domain/ports.ts";
import { type Task, completeTask } from "../domain/task.ts";
import type { Command } from "../domain/task-policies.ts";
import { Feed } from "./feed.ts";

/** The room of the keepsakes, and with a colon what their processes are known by. */
export const PLUGINS = "plugin";
export const LISTENERS = "listener";

/** For how long facts are gathered before they are told: what comes of them in the service comes first. */
export const GATHER_MS = 5;

export interface CompanionDeps {
  readonly clock: Clock;
  readonly engine: Pick<Engine, "start">;
  readonly archive: FactArchive;
  readonly keepsakes: Keepsakes;
  readonly newRunId: () => string;
  /** The id of the newest fact. */
  readonly lastFactId: () => number;
  /** As it is defined now. */
  readonly taskOf: (name: string) => Task | null;
  readonly log: (level: LogLevel, text: string) => void;
}

/** A plugin or a listener. */
export interface Told {
  readonly name: string;
  take(fact: Fact, task: Task | null): void;
  view(): Companion;
  stop(): Promise<void>;
}

export function makeFeed(deps: CompanionDeps, room: string, key: string): Feed {
  const noted = deps.keepsakes.kept(room).find(([each]) => each === key)?.[1];
  return new Feed({
    archive: deps.archive,
    taskOf: deps.taskOf,
    last: deps.lastFactId(),
    position: noted === undefined ? null : Number(noted),
    note: (position) => deps.keepsakes.keep(room, key, String(position)),
  });
}

/** The alias under which its output is kept; its process says of itself that it is of a task of this name. */
export function aliasFor(room: string, name: string): string {
  return `${room}:${name}`;
}

/** Whether a process that an earlier service left is one of a companion: it is of no use any more. */
export function isCompanion(task: string): boolean {
  return task.startsWith(`${PLUGINS}:`) || task.startsWith(`${LISTENERS}:`);
}

/** To the engine it is a process like those of tasks. */
export function taskFor(alias: string, cmd: Command, more: Partial<Pick<Task, "env" | "stdin">> = {}): Task {
  return { ...completeTask({ name: alias, cmd, type: "daemon" }), ...more };
}

/** Whether a fact is about one of these tasks. A fact about the service is about none. */
export function isAbout(tasks: readonly string[] | null | undefined, fact: Fact): boolean {
  if (!tasks) return true;
  return "task" in fact && tasks.some((glob) => matches(glob, fact.task));
}
