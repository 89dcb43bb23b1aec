/** What a person reads of a fact. */
import type { Fact } from "../domain/fact.ts";
import type { Notice, NotifyEvent } from "../domain/notify.ts";

type Finished = Extract<Fact, { kind: "run.finished" }>;

export function failedText({ alias, type, outcome }: Finished): string {
  const what = type === "cron" ? `The scheduled run of ${alias}` : alias;
  return outcome.result === "spawn_error"
    ? `${what} cannot be started: ${reasonOf(outcome)}`
    : `${what} failed: ${reasonOf(outcome)}`;
}

export function stillFailingText({ task, outcome }: Finished, count: number, since: number): string {
  const from = new Date(since).toISOString();
  return `${task} is still failing: ${count} times since ${from}, last: ${reasonOf(outcome)}`;
}

export function recoveredText(task: string, count: number, ms: number): string {
  const failures = count === 1 ? "a failure" : `${count} failures`;
  return `${task} has recovered after ${failures} in ${spanOf(ms)}`;
}

/** `3 min`, `2 h`: the largest unit of which there is one. */
export function spanOf(ms: number): string {
  const units = [
    ["d", 86_400_000],
    ["h", 3_600_000],
    ["min", 60_000],
  ] as const;
  const [unit, length] = units.find(([, each]) => ms >= each) ?? (["s", 1000] as const);
  return `${Math.round(ms / length)} ${unit}`;
}

function reasonOf({ result, reason }: Finished["outcome"]): string {
  return reason ?? result;
}

/** Of what a fact of these kinds is told by itself: under which name, and the sentence. */
export function plainNotice(fact: Fact): Notice | null {
  switch (fact.kind) {
    case "store.failing":
      return notice(fact, "store_failing", "error", `The database cannot be written: ${fact.reason}`);
    case "store.recovered":
      return notice(fact, "store_recovered", "info", "The database can be written again");
    case "disk.low":
      return notice(
        fact,
        "disk_low",
        "warning",
        `${fact.reason}: ${megabytes(fact.free_bytes)} are free for ${fact.path}`,
      );
    case "disk.recovered":
      return notice(
        fact,
        "disk_recovered",
        "info",
        `The disk has room again: ${megabytes(fact.free_bytes)} are free for ${fact.path}`,
      );
    case "output.lost":
      return notice(
        fact,
        "output_lost",
        "error",
        `${fact.bytes} bytes of the output of ${fact.alias} were lost: ${fact.reason}`,
      );
    case "schedule.missed":
      return notice(
        fact,
        "schedule_missed",
        "warning",
        `${fact.task} missed its times from ${fact.from} to ${fact.to}, ${fact.made_up} made up for`,
      );
    case "instance.unhealthy":
      return notice(fact, "unhealthy", "warning", `${fact.alias} is unhealthy: ${fact.reason}`);
    case "instance.healthy":
      return notice(fact, "healthy", "info", `${fact.alias} is healthy`);
    default:
      return null;
  }
}

/** A fact as it is, for who asks for its kind. */
export function factNotice(fact: Fact, event: NotifyEvent): Notice {
  const about = "alias" in fact ? fact.alias : "task" in fact ? fact.task : "The service";
  return notice(fact, event, "info", `${about}: ${fact.kind}${endOf(fact)}`);
}

function endOf(fact: Fact): string {
  if (fact.kind === "run.finished") return `, ${fact.outcome.reason ?? fact.outcome.result}`;
  return "reason" in fact && typeof fact.reason === "string" ? `, ${fact.reason}` : "";
}

function notice(fact: Fact, event: NotifyEvent, level: Notice["level"], text: string): Notice {
  return {
    event,
    level,
    time: fact.time,
    task: "task" in fact ? fact.task : null,
    alias: "alias" in fact ? fact.alias : null,
    text,
    reason: "reason" in fact && typeof fact.reason === "string" ? fact.reason : null,
    count: 1,
    fact,
  };
}

function megabytes(bytes: number): string {
  return `${Math.floor(bytes / 1_000_000)} MB`;
}
