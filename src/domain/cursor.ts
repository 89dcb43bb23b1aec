/** A cursor taken apart: a place for each source, in their order. Pure. */
import type { Cursor } from "./output.ts";

/** A UTC day, and how many bytes of it come before. */
export interface DayPlace {
  readonly day: string;
  readonly offset: number;
}

const PART = /^(?:(\d{4}-\d{2}-\d{2}):)?(\d{1,15})$/;

export function formatCursor(places: readonly DayPlace[]): Cursor {
  let before = "";
  const parts = places.map(({ day, offset }) => {
    const part = day === before ? String(offset) : `${day}:${offset}`;
    before = day;
    return part;
  });
  return parts.join(",");
}

/** `null` if it is none. */
export function parseCursor(cursor: Cursor): DayPlace[] | null {
  const places: DayPlace[] = [];
  for (const part of cursor.split(",")) {
    const [, day = places.at(-1)?.day, offset] = PART.exec(part) ?? [];
    if (day === undefined || offset === undefined) return null;
    places.push({ day, offset: Number(offset) });
  }
  return places;
}
