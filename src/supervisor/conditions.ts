/** What a start waits for: the conditions of `deps`, and what is said of those that do not hold. Pure. */
import type { Health, InstanceState } from "../domain/instance.ts";
import type { Outcome } from "../domain/run.ts";
import type { Task, TaskDependency } from "../domain/task.ts";
import { inWords } from "./outcome-words.ts";

/** How a task stands that others depend on. */
export interface Standing {
  readonly task: Pick<Task, "name" | "deps">;
  /** It runs, or will without anybody asking again. */
  readonly active: boolean;
  readonly instances: readonly Replica[];
}

interface Replica {
  readonly state: InstanceState;
  readonly health: Health;
  readonly healthReason: string | null;
  /** Its last run, if that has ended since it was last asked to start. */
  readonly completed: { readonly outcome: Outcome } | null;
}

/** `undefined` for a name that no task has. */
export type Look = (name: string) => Standing | undefined;

const TO: Record<Exclude<TaskDependency["condition"], "idle">, string> = {
  started: "to run",
  healthy: "to be healthy",
  exited: "to have run",
  succeeded: "to succeed",
};

/**
 * What `task` waits for, in alphabetical order; empty if it may start. Plain names are those of Meproc 1.x: tasks that are
 * active; everything else is in words.
 */
export function unmet(task: Pick<Task, "name" | "deps">, look: Look): string[] {
  const idle = new Set<string>();
  const words = task.deps.flatMap((dep) => {
    const standing = look(dep.task);
    if (standing === undefined && dep.required) return [`${dep.task} (no such task)`];
    if (dep.condition === "idle") addActive(task.name, dep.task, look, idle);
    else if (standing !== undefined && !holds(dep.condition, standing))
      return [`${dep.task} ${whyNot(dep.condition, standing)}`];
    return [];
  });
  return [...new Set([...idle, ...words])].sort();
}

/** The active ones among a task and those it waits for itself, over names that no task has any more. */
function addActive(of: string, name: string, look: Look, found: Set<string>): void {
  const seen = new Set<string>();
  const open = [name];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (seen.has(next) || next === of) continue;
    seen.add(next);
    const standing = look(next);
    if (standing?.active) found.add(next);
    for (const dep of standing?.task.deps ?? []) if (dep.condition === "idle") open.push(dep.task);
  }
}

function holds(condition: keyof typeof TO, { active, instances }: Standing): boolean {
  switch (condition) {
    case "started":
      return instances.every(isRunning);
    case "healthy":
      return instances.every(
        (each) => isRunning(each) && (each.health === "none" || each.health === "healthy"),
      );
    case "exited":
      return !active && instances.every(({ completed }) => hasRun(completed));
    case "succeeded":
      return !active && instances.every(({ completed }) => completed?.outcome.result === "succeeded");
  }
}

function isRunning({ state }: Replica): boolean {
  return state.kind === "running";
}

function hasRun(completed: Replica["completed"]): boolean {
  return completed !== null && completed.outcome.result !== "spawn_error";
}

/** `(failed: exit code 1)` where it will not come true by itself, else what is waited for. */
function whyNot(condition: keyof typeof TO, { active, instances }: Standing): string {
  const failure = active ? null : failureOf(condition, instances);
  if (failure !== null) return `(failed: ${failure})`;
  const sick = condition === "healthy" && instances.find(({ health }) => health === "unhealthy");
  if (sick) return `(unhealthy: ${sick.healthReason})`;
  return TO[condition];
}

function failureOf(condition: keyof typeof TO, instances: readonly Replica[]): string | null {
  for (const { state, completed } of instances) {
    if (state.kind === "failed") return state.reason;
    const outcome = completed?.outcome;
    if (outcome === undefined || outcome.result === "stopped") continue;
    if (condition === "succeeded" && outcome.result === "succeeded") continue;
    if (condition !== "exited") return inWords(outcome);
  }
  return null;
}
