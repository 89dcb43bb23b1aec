/** Names of the daily files: `<alias>-YYYY-MM-DD.log`, the day in UTC. Pure. */
import { join } from "node:path";

/** File systems allow 255 bytes for a name; the rest of it takes at most 24. */
const MAX_STEM_BYTES = 200;
const DAY_MS = 86_400_000;

export type Day = string;

export function dayOf(wall: number): Day {
  return new Date(wall).toISOString().slice(0, 10);
}

/** The number of the UTC day since 1970, cheap enough for each wake. */
export function dayNumber(wall: number): number {
  return Math.floor(wall / DAY_MS);
}

/** The part of the file name that stands for an alias; a very long one is cut and told apart by a hash. */
export function stemOf(alias: string): string {
  const stem = process.platform === "win32" ? alias.replaceAll(":", ".") : alias;
  const bytes = new TextEncoder().encode(stem);
  if (bytes.length <= MAX_STEM_BYTES) return stem;
  const kept = new TextDecoder().decode(bytes.subarray(0, MAX_STEM_BYTES - 20)).replace(/\uFFFD+$/, "");
  return `${kept}~${Bun.hash(stem).toString(16).padStart(16, "0")}`;
}

export function dailyFile(directory: string, alias: string, day: Day): string {
  return join(directory, `${stemOf(alias)}-${day}.log`);
}

/** The day of a file of this alias, or `null` if the file is another's. */
export function dayOfFile(name: string, alias: string): Day | null {
  const stem = `${stemOf(alias)}-`;
  if (!name.startsWith(stem)) return null;
  return /^(\d{4}-\d{2}-\d{2})\.log$/.exec(name.slice(stem.length))?.[1] ?? null;
}
