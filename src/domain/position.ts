/** A place in the output of an alias: the UTC day and the offset in that day's file, `2026-11-22:4096`. */
export type Position = string;

export function isPosition(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}:\d{1,15}$/.test(text);
}

/** Positions joined by commas, of which the first names its day: `2026-11-22:4096,0,2026-11-21:77`. */
export function isCursor(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}:\d{1,15}(?:,(?:\d{4}-\d{2}-\d{2}:)?\d{1,15})*$/.test(text);
}
