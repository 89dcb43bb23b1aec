/** What the service's log says of each fact. The lines of Meproc 1.x stand word for word; the others are ours. */
import type { LogLevel } from "../domain/config.ts";
import type { Fact } from "../domain/fact.ts";
import type { TaskType } from "../domain/task.ts";

export interface LogLine {
  readonly level: LogLevel;
  readonly text: string;
}

const KIND: Record<TaskType, string> = {
  once: "Once",
  daemon: "Daemon",
  cron: "Cron",
  coroutine: "Coroutine",
};

const SKIPPED = {
  "still running": "is still running, not started again",
  "too late": "would start too late, not started",
  replaced: "has a later start to make, not started",
} as const;

const line = (level: LogLevel, text: string): LogLine => ({ level, text });

export function linesOf(fact: Fact): LogLine[] {
  switch (fact.kind) {
    case "store.failing":
      return [
        line("error", `The database cannot be written: ${fact.reason}. Tasks go on; it is made up for later`),
      ];
    case "store.recovered":
      return [recoveredLine(fact)];
    case "disk.low":
      return [line("warn", `${fact.reason}: ${megabytes(fact.free_bytes)} MB are free for ${fact.path}`)];
    case "disk.recovered":
      return [
        line("info", `The disk has room again: ${megabytes(fact.free_bytes)} MB are free for ${fact.path}`),
      ];
    case "task.created":
      return [line("debug", `Task ${fact.task} created`)];
    case "task.changed":
      return [line("info", `Task ${fact.task} changed: ${fact.fields.join(", ")}`)];
    case "schedule.paused":
      return [line("info", `Task ${fact.task} is paused`)];
    case "schedule.resumed":
      return [line("info", `Task ${fact.task} is on its schedule again`)];
    case "instance.reloaded":
      return [line("info", `Process (${fact.alias}) reloaded`)];
    case "instance.signalled":
      return [line("info", `Process (${fact.alias}) was sent ${fact.signal}`)];
    case "task.removed":
      return [line("info", `Task ${fact.task} removed`)];
    case "task.started":
      return startedLines(fact);
    case "task.stopped":
      return [line("info", `Task ${fact.task} stopped`)];
    case "schedule.planned":
      return [line("debug", `Task ${fact.task} is due at ${fact.next_run_at}`)];
    case "output.lost":
      return [line("error", `${fact.bytes} bytes of the output of ${fact.alias} were lost: ${fact.reason}`)];
    case "schedule.skipped":
      return [line("warn", `Task ${fact.task} ${SKIPPED[fact.reason]} at ${fact.scheduled_for}`)];
    case "schedule.missed":
      return [
        line(
          "warn",
          `Task ${fact.task} missed its times from ${fact.from} to ${fact.to}, ${fact.made_up} made up for`,
        ),
      ];
    case "instance.waiting":
      return [line("info", `Process (${fact.alias}) waits for ${fact.waiting_for.join(", ")}`)];
    case "instance.backoff":
      return [line("info", `Process (${fact.alias}) starts again in ${fact.delay_ms} ms`)];
    case "instance.stopping":
      return [line("debug", `Process ${pid(fact)}(${fact.alias}) is told to stop`)];
    case "instance.killing":
      return [line("warn", `Process ${pid(fact)}(${fact.alias}) did not stop in time and is killed`)];
    case "instance.stopped":
      return [];
    case "instance.failed":
      return [line("error", `Process (${fact.alias}) failed: ${fact.reason}`)];
    case "instance.healthy":
      return [line("info", `Process (${fact.alias}) is healthy`)];
    case "instance.unhealthy":
      return [line("warn", `Process (${fact.alias}) is unhealthy: ${fact.reason}`)];
    case "task.unwatched":
      return [line("warn", `The files of task ${fact.task} are not watched: ${fact.reason}`)];
    case "run.started":
      return [line("info", `${KIND[fact.type]} Process (${fact.alias}) start`)];
    case "run.adopted":
      return [
        line(
          "info",
          `${KIND[fact.type]} Process ${pid(fact)}(${fact.alias}) is still running and taken over`,
        ),
      ];
    case "run.finished":
      return finishedLines(fact);
  }
}

function megabytes(bytes: number): number {
  return Math.floor(bytes / 1_000_000);
}

function recoveredLine({ lost_events, lost_runs }: Extract<Fact, { kind: "store.recovered" }>): LogLine {
  if (lost_events + lost_runs === 0)
    return line("info", "The database can be written again; nothing is missing");
  const what = `the oldest ${lost_events} events and ${lost_runs} ended runs of the meantime are missing`;
  return line("warn", `The database can be written again; ${what}`);
}

function startedLines(fact: Extract<Fact, { kind: "task.started" }>): LogLine[] {
  const plain = line("info", `Task ${fact.task} started`);
  if (fact.user === null && fact.group === null) return [plain];
  return [plain, line("info", `Task ${fact.task} (as ${fact.user ?? ""}:${fact.group ?? ""}) started`)];
}

function finishedLines(fact: Extract<Fact, { kind: "run.finished" }>): LogLine[] {
  const { outcome } = fact;
  if (outcome.result === "spawn_error")
    return [line("error", `${KIND[fact.type]} Process (${fact.alias}) cannot be started: ${outcome.reason}`)];
  const stop = line("info", `${KIND[fact.type]} Process ${pid(fact)}(${fact.alias}) stop`);
  if (outcome.reason === null) return [stop];
  return [stop, line("warn", `Process ${pid(fact)}(${fact.alias}) ended: ${outcome.reason}`)];
}

function pid(fact: { pid: number | null }): string {
  return fact.pid === null ? "" : `${fact.pid} `;
}
