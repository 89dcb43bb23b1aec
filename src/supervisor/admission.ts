/** Whether a definition may become a task: its shape, its rules, and what the world must have for it. */
import { InvalidError, type Issue } from "../domain/errors.ts";
import { MOST_ISSUES, parse } from "../domain/parse.ts";
import type { LimitsCheck, Users } from "../domain/ports.ts";
import { type Task, TaskDefinition, completeTask } from "../domain/task.ts";
import { type DepsOf, findCycle } from "./dependencies.ts";
import { type Sound, ruleIssues } from "./rules.ts";

/** Shape and fields, without a look at the world. Throws InvalidError with everything that is wrong. */
export function parseTask(input: unknown): Task {
  const parsed = parse(TaskDefinition, input);
  const shape = parsed.ok ? [] : parsed.issues;
  const rules = [...ruleIssues(soundFields(parsed.value, shape))];
  if (!parsed.ok || rules.length > 0) throw new InvalidError([...shape, ...rules]);
  return completeTask(parsed.value);
}

/** The fields with which nothing is wrong, also of a definition of which others are. */
function soundFields(input: unknown, issues: readonly Issue[]): Sound {
  if (typeof input !== "object" || input === null || Array.isArray(input)) return {};
  if (issues.length >= MOST_ISSUES) return {};
  const broken = new Set(issues.map(({ path }) => path.split("/")[1]));
  const sound = Object.entries(input).filter(([key]) => !broken.has(key) && key in TaskDefinition.properties);
  return Object.fromEntries(sound);
}

/** The dependencies close no cycle. Throws InvalidError. */
export function checkCycle(task: Task, depsOf: DepsOf): void {
  const issues = cycleIssues(task, depsOf, "");
  if (issues.length > 0) throw new InvalidError(issues);
}

export function cycleIssues(task: Task, depsOf: DepsOf, path: string): Issue[] {
  const cycle = findCycle(task.name, task.deps, depsOf);
  if (cycle === null) return [];
  return [{ path: `${path}/deps`, message: `a cycle: ${cycle.join(" → ")}`, rule: "cycle" }];
}

/** The definitions of a file close no cycle among themselves. Throws InvalidError. */
export function checkTogether(definitions: readonly unknown[]): void {
  const tasks = new Map(definitions.map(parseTask).map((task) => [task.name, task]));
  for (const task of tasks.values()) checkCycle(task, (name) => tasks.get(name)?.deps);
}

/** User and group exist and we may become them. Throws InvalidError. */
export async function checkIdentity(task: Task, users: Users, path = ""): Promise<void> {
  if (task.user === null && task.group === null) return;
  const identity = await users.resolve(task.user, task.group);
  if (!(identity instanceof Error)) return;
  const field = task.user === null ? "/group" : "/user";
  throw new InvalidError([{ path: `${path}${field}`, message: identity.message, rule: "identity" }]);
}

/** This machine can hold it to its limits. Throws InvalidError. */
export function checkLimits(task: Task, limits: LimitsCheck, path = ""): void {
  const reason = task.limits === null ? null : limits.unavailable(task.limits);
  if (reason !== null)
    throw new InvalidError([{ path: `${path}/limits`, message: reason, rule: "identity" }]);
}
