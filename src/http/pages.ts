/** A list cut into pages. A cursor names the last item of the page before; it need not be there any more. */
import { invalid } from "./problem.ts";

export interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}

interface Placed {
  readonly name: string;
  /** Items are in the order of this. */
  readonly at: number;
}

/** `limit` null is all that is left. Throws InvalidError for a cursor that is none. */
export function pageOf<T>(
  items: readonly T[],
  placeOf: (item: T) => Placed,
  { limit, cursor }: { limit: number | null; cursor: string | undefined },
): Page<T> {
  const rest = cursor === undefined ? items : after(items, placeOf, parseCursor(cursor));
  const page = limit === null ? rest : rest.slice(0, limit);
  const last = page.at(-1);
  const more = last !== undefined && page.length < rest.length;
  return { items: page, nextCursor: more ? formatCursor(placeOf(last)) : null };
}

function after<T>(items: readonly T[], placeOf: (item: T) => Placed, { name, at }: Placed): readonly T[] {
  const found = items.findIndex((item) => placeOf(item).name === name);
  if (found >= 0) return items.slice(found + 1);
  const next = items.findIndex((item) => placeOf(item).at > at);
  return next < 0 ? [] : items.slice(next);
}

function formatCursor({ at, name }: Placed): string {
  return Buffer.from(`${at} ${name}`).toString("base64url");
}

function parseCursor(cursor: string): Placed {
  const [, at, name] = /^(\d{1,15}) (.+)$/s.exec(Buffer.from(cursor, "base64url").toString()) ?? [];
  if (at === undefined || name === undefined)
    throw invalid("/cursor", "expected the next_cursor of the page before");
  return { at: Number(at), name };
}
