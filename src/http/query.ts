/** The query of a request, read strictly: what is not as expected is an issue with its name. */
import { invalid } from "./problem.ts";

export type Query = Readonly<Record<string, string | undefined>>;

const SPAN = /^(\d{1,6})([smhdw])$/;
const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};
const TIME = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?([Zz]|[+-]\d{2}:\d{2})$/;

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
  if (text === undefined) return null;
  const [, count, unit] = SPAN.exec(text) ?? [];
  if (unit !== undefined) return now - Number(count) * (UNIT_MS[unit] ?? 0);
  // a plus that was not escaped has come as a space
  const exact = text.replace(/ (\d{2}:\d{2})$/, "+$1");
  const wall = TIME.test(exact) ? Date.parse(exact) : Number.NaN;
  if (!Number.isNaN(wall)) return wall;
  throw invalid(`/${name}`, "expected a time such as 2026-11-22T12:00:00Z, or a span before now such as 15m");
}
