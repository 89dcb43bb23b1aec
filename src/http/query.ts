/** The query of a request, read strictly: what is not as expected is an issue with its name. */
import { invalid } from "./problem.ts";
import { parseSince } from "./since.ts";

export type Query = Readonly<Record<string, string | undefined>>;

/** An integer in a range; `null` if it is not given. Throws InvalidError. */
export function integer(query: Query, name: string, least: number, most: number): number | null {
  const text = query[name];
  if (text === undefined) return null;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : -1;
  if (value >= least && value <= most) return value;
  throw invalid(`/${name}`, `expected an integer from ${least} to ${most}`);
}

/** One of a few words; `null` if it is not given. Throws InvalidError. */
export function choice<T extends string>(query: Query, name: string, choices: readonly T[]): T | null {
  const text = query[name];
  if (text === undefined) return null;
  const found = choices.find((each) => each === text);
  if (found !== undefined) return found;
  throw invalid(`/${name}`, `expected one of ${choices.join(", ")}`);
}

/** `1` or `true`, `0` or `false`. Throws InvalidError. */
export function flag(query: Query, name: string): boolean {
  const given = choice(query, name, ["1", "true", "0", "false"]);
  return given === "1" || given === "true";
}

/** Unix ms of a time, or of a span before now; `null` if it is not given. Throws InvalidError. */
export function time(query: Query, name: string, now: number): number | null {
  const text = query[name];
  return text === undefined ? null : parseSince(text, now, `/${name}`);
}
