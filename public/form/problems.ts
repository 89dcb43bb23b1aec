/** A refusal → the message for each field, and those that are about no field that can be seen. */
import { messageOf, ProblemError } from "../api/http.ts";
import type { Field } from "./fields.ts";

export type Problems = { byField: ReadonlyMap<string, string>; others: readonly string[] };

export const NO_PROBLEMS: Problems = { byField: new Map(), others: [] };

export function problemsOf(error: unknown, shown: readonly Field[]): Problems {
  const errors = error instanceof ProblemError ? (error.problem.errors ?? []) : [];
  if (errors.length === 0) return { byField: new Map(), others: [messageOf(error)] };
  const byField = new Map<string, string>();
  const others: string[] = [];
  for (const { path, message } of errors) {
    const [key = "", inner] = path.split("/").slice(1).map(unescaped);
    const field = shown.find((one) => one.key === key) ?? shown.find((one) => one.key === `${key}/${inner}`);
    if (field === undefined) others.push(key === "" ? message : `${key}: ${message}`);
    else byField.set(field.key, [byField.get(field.key), message].filter(Boolean).join(" "));
  }
  return { byField, others };
}

/** Without the message of a field that has been changed since. */
export function withoutField(problems: Problems, key: string): Problems {
  if (!problems.byField.has(key)) return problems;
  return { ...problems, byField: new Map([...problems.byField].filter(([other]) => other !== key)) };
}

function unescaped(part: string): string {
  return part.replaceAll("~1", "/").replaceAll("~0", "~");
}
