/** Which output a request asks for. */
import type { OutputQuery } from "../domain/output.ts";
import { invalid } from "./problem.ts";
import { type Query, choice, flag, integer, time } from "./query.ts";

/** What is asked for beside whose output it is. */
export type Filters = Omit<OutputQuery, "aliases">;

export const EVERYTHING: Filters = {
  stream: null,
  run: null,
  since: null,
  until: null,
  tail: null,
  grep: null,
  limit: null,
};
export const MAX_LINES = 1_000_000;
export const MAX_PATTERN = 1000;
const NAMES = ["stream", "run", "since", "until", "tail", "grep", "ignore_case", "limit"];
/** What a follower may be asked for: what it gets is not looked back at. */
const FOLLOWED = new Set(["stream", "run", "tail"]);
const PAGED = ["bytes", "before"];

/** Throws InvalidError. */
export function filtersOf(query: Query, now: number): Filters {
  const since = time(query, "since", now);
  const until = time(query, "until", now);
  if (since !== null && until !== null && until <= since)
    throw invalid("/until", "expected a time after that of since");
  return {
    stream: choice(query, "stream", ["stdout", "stderr"]),
    run: runOf(query["run"]),
    since,
    until,
    tail: integer(query, "tail", 0, MAX_LINES),
    grep: grepOf(query["grep"], flag(query, "ignore_case")),
    limit: integer(query, "limit", 1, MAX_LINES),
  };
}

/** Some output is asked for, not the newest page of it. */
export function hasFilters(query: Query): boolean {
  return NAMES.some((name) => query[name] !== undefined);
}

/** Throws InvalidError if the query gives what means nothing to a follower. */
export function refuseUnfollowed(query: Query): void {
  refuse(query, [...NAMES.filter((name) => !FOLLOWED.has(name)), ...PAGED], "follow");
}

/** Throws InvalidError if the query asks for a page as well. */
export function refusePaged(query: Query, beside: string): void {
  refuse(query, PAGED, beside);
}

function refuse(query: Query, names: readonly string[], beside: string): void {
  const given = names.find((name) => query[name] !== undefined);
  if (given !== undefined) throw invalid(`/${given}`, `not together with ${beside}`);
}

/** The filter that a query gives first, to be named in an issue. */
export function firstFilter(query: Query): string {
  return NAMES.find((name) => query[name] !== undefined) ?? "filters";
}

function runOf(text: string | undefined): string | null {
  if (text === undefined) return null;
  if (text !== "" && text.length <= 64) return text;
  throw invalid("/run", "expected the id of a run");
}

function grepOf(text: string | undefined, ignoreCase: boolean): RegExp | null {
  if (text === undefined) return null;
  if (text.length > MAX_PATTERN)
    throw invalid("/grep", `expected a regular expression of at most ${MAX_PATTERN} characters`);
  try {
    return new RegExp(text, ignoreCase ? "i" : "");
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const why = error.message.replace(/^Invalid regular expression: /, "");
    throw invalid("/grep", `expected a regular expression in the syntax of JavaScript: ${why}`);
  }
}
