/** Takes up what an earlier service left. First every task finds its processes, and only then what is missing is started. */
import type { RunEnd, RunRecord } from "../domain/history.ts";
import type { Clock, Engine, History, LeftRun } from "../domain/ports.ts";
import { lost } from "../domain/run.ts";
import { type Task, aliasOf } from "../domain/task.ts";
import type { Bootstrap } from "./bootstrap.ts";
import { dependenciesFirst } from "./dependencies.ts";
import type { TaskGroup } from "./group.ts";

export interface Restoration {
  readonly clock: Clock;
  readonly engine: Engine;
  readonly history: History;
  readonly bootstrap: Bootstrap;
  readonly groups: ReadonlyMap<string, TaskGroup>;
  /** Makes the group of a task, and puts it into `groups`. */
  readonly make: (task: Task) => TaskGroup;
  /** Another definition is about to take its place. */
  readonly isChanged: (task: Task) => boolean;
}

export function restore(restoration: Restoration): void {
  const { engine, history, groups, make, isChanged } = restoration;
  const left = engine.left();
  const records = history.tasks();
  for (const record of records) make(record.task);
  const noted = history.openRuns();
  // those first: a noted run of the same instance has ended before them, though its end may not have been written
  const open = Map.groupBy(
    [...left.flatMap((run) => unnoted(run, restoration)), ...noted],
    (run) => run.task,
  );
  for (const record of records) {
    const { name } = record.task;
    const ended = history.lastRuns(name, record.createdAt);
    groups.get(name)?.restore(record, open.get(name) ?? [], ended, !isChanged(record.task));
  }
  for (const { run } of left) {
    const record = history.run(run);
    if (record === null || record.end === null) continue;
    groups.get(record.task)?.place(record.index)?.adoptLeftovers(record);
  }
  restoreOthers([...open.values()].flat(), restoration);
  for (const task of dependenciesFirst(records.map((record) => record.task)))
    if (!isChanged(task)) groups.get(task.name)?.resume();
}

/** A run that the service before could not write down, such as on a full disk, is noted now. */
function unnoted({ run, place }: LeftRun, { history, clock, groups }: Restoration): RunRecord[] {
  if (place === null || history.run(run) !== null || !groups.has(place.task)) return [];
  const { task, index } = place;
  const startedAt = Math.round(clock.now().wall);
  const alias = aliasOf(task, index);
  const start = { run, task, index, alias, trigger: "boot", scheduledFor: null, startedAt } as const;
  history.runStarting(start);
  return [{ ...start, process: null, end: null }];
}

/** Runs of no task: the bootstrap command's is taken over, another's can only be closed. */
function restoreOthers(open: readonly RunRecord[], { bootstrap, clock, groups, history }: Restoration): void {
  for (const run of open) {
    if (groups.has(run.task) || bootstrap.adopt(run)) continue;
    history.runEnded(run.run, endOfUnknown(clock.now().wall));
  }
}

function endOfUnknown(wall: number): RunEnd {
  const outcome = lost("its task is no more");
  return { endedAt: Math.round(wall), durationMs: 0, outcome, usage: { max_rss_bytes: null, cpu_ms: null } };
}
