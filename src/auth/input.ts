/** What is asked of accounts, checked. */
import type { Static, TSchema } from "@sinclair/typebox";
import type { Rights, Role } from "../domain/access.ts";
import { InvalidError, type Issue } from "../domain/errors.ts";
import { nameProblem } from "../domain/name.ts";
import { parse } from "../domain/parse.ts";

/** Throws InvalidError. */
export function checked<Schema extends TSchema>(schema: Schema, input: unknown): Static<Schema> {
  const parsed = parse(schema, input);
  if (!parsed.ok) throw new InvalidError(parsed.issues);
  return parsed.value;
}

/** Throws InvalidError. */
export function checkedName(name: string): string {
  const problem = nameProblem(name);
  if (problem !== null) throw new InvalidError([issue("/name", problem)]);
  return name;
}

/**
 * Who defines a task runs commands as the user of the service, so a bound would hold an admin back from nothing. Throws
 * InvalidError.
 */
export function rightsOf({ role, tasks }: { role: Role; tasks?: readonly string[] }): Rights {
  if (role === "admin" && tasks !== undefined)
    throw new InvalidError([issue("/tasks", "an admin cannot be bound to tasks")]);
  return { role, tasks: tasks ?? null };
}

function issue(path: string, message: string): Issue {
  return { path, message, rule: "shape" };
}
