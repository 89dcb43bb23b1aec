/** Whether a definition may become a task: the rules that go beyond the shape of its fields. */
import { InvalidError, type Issue } from "../domain/errors.ts";
import { nameProblem } from "../domain/name.ts";
import { parse } from "../domain/parse.ts";
import type { Users } from "../domain/ports.ts";
import { RESERVED_NAMES, type Task, TaskDefinition, completeTask } from "../domain/task.ts";
import { type DepsOf, findCycle } from "./dependencies.ts";
import { cronProblem } from "./schedule.ts";

/** Shape and fields, without a look at the world. Throws InvalidError with everything that is wrong. */
export function parseTask(input: unknown): Task {
  const parsed = parse(TaskDefinition, input);
  const shape = parsed.ok ? [] : parsed.issues;
  const broken = new Set(shape.map(({ path }) => path));
  const rules = [...fieldIssues(textFields(input))].filter(({ path }) => !broken.has(path));
  if (!parsed.ok || rules.length > 0) throw new InvalidError([...shape, ...rules]);
  return completeTask(parsed.value);
}

type TextFields = Readonly<Partial<Record<string, string>>>;

/** The fields that are texts, also of a definition of which others are wrong. */
function textFields(input: unknown): TextFields {
  if (typeof input !== "object" || input === null) return {};
  return Object.fromEntries(Object.entries(input).filter((entry) => typeof entry[1] === "string"));
}

function* fieldIssues(fields: TextFields): Generator<Issue> {
  const { name, cmd, type, cron, user, group } = fields;
  if (name !== undefined) yield* nameIssues(name);
  if (cmd?.includes("\0"))
    yield { path: "/cmd", message: "expected a text without the character NUL", rule: "shape" };
  if (cmd !== undefined && cmd.trim() === "")
    yield { path: "/cmd", message: "expected a command", rule: "shape" };
  if (cron !== undefined && type !== undefined && type !== "cron")
    yield { path: "/cron", message: "only a task of type cron has a schedule", rule: "cron_type" };
  const schedule = type === "cron" && cron !== undefined ? cronProblem(cron) : null;
  if (schedule !== null) yield { path: "/cron", message: schedule, rule: "cron_format" };
  if (type === "coroutine" && (user !== undefined || group !== undefined)) {
    const path = user === undefined ? "/group" : "/user";
    yield { path, message: "a coroutine runs inside the service and has its rights", rule: "shape" };
  }
}

function* nameIssues(name: string): Generator<Issue> {
  if (RESERVED_NAMES.includes(name))
    yield { path: "/name", message: `name '${name}' is reserved`, rule: "reserved" };
  const problem = nameProblem(name);
  if (problem !== null) yield { path: "/name", message: problem, rule: "shape" };
}

/** The dependencies close no cycle. Throws InvalidError. */
export function checkCycle(task: Task, depsOf: DepsOf): void {
  const cycle = findCycle(task.name, task.deps, depsOf);
  if (cycle === null) return;
  throw new InvalidError([{ path: "/deps", message: `a cycle: ${cycle.join(" → ")}`, rule: "cycle" }]);
}

/** The definitions of a file close no cycle among themselves. Throws InvalidError. */
export function checkTogether(definitions: readonly unknown[]): void {
  const tasks = new Map(definitions.map(parseTask).map((task) => [task.name, task]));
  for (const task of tasks.values()) checkCycle(task, (name) => tasks.get(name)?.deps);
}

/** User and group exist and we may become them. Throws InvalidError. */
export async function checkIdentity(task: Task, users: Users): Promise<void> {
  if (task.user === null && task.group === null) return;
  const identity = await users.resolve(task.user, task.group);
  if (!(identity instanceof Error)) return;
  const path = task.user === null ? "/group" : "/user";
  throw new InvalidError([{ path, message: identity.message, rule: "identity" }]);
}
