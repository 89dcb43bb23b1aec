/** A point in time as a query gives it: a time of RFC 3339, or how long ago, or how long from now. */
import { invalid } from "./problem.ts";

const TIME =
  /^(\d{4}-\d{2}-\d{2})[Tt](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;
const SPAN = /^(\d{1,6})([smhd])$/;
const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** For the documents. */
export const SINCE = {
  type: "string",
  pattern: `${TIME.source}|${SPAN.source}`,
} as const;

/** Unix ms. Throws `invalid` with the path. */
export function parseSince(text: string, now: number, path = "/since"): number {
  return parseTime(text, path, { now, sign: -1, span: "how long ago" });
}

/** The same of a point in the future: a time, or how long from now. */
export function parseAhead(text: string, now: number, path: string): number {
  return parseTime(text, path, { now, sign: 1, span: "how long from now" });
}

interface Reading {
  readonly now: number;
  readonly sign: 1 | -1;
  readonly span: string;
}

function parseTime(text: string, path: string, { now, sign, span }: Reading): number {
  const found = SPAN.exec(text);
  if (found !== null) return now + sign * Number(found[1]) * (UNIT_MS[found[2] ?? ""] ?? 0);
  const day = TIME.exec(text)?.[1];
  if (day !== undefined && isDay(day)) return Date.parse(text.toUpperCase());
  const plus = text.includes(" ") ? "; in an address + is written %2B" : "";
  throw invalid(
    path,
    `expected a time of RFC 3339 such as 2026-11-22T12:00:00Z, or ${span} such as 15m, 2h or 3d${plus}`,
  );
}

/** `Date.parse` takes the 30th of February for the 2nd of March. */
function isDay(day: string): boolean {
  const time = Date.parse(`${day}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(day);
}
