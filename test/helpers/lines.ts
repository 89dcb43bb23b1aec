import { existsSync, readFileSync } from "node:fs";

/** The whole lines of a file; none if there is no file yet. */
export function linesOf(path: string): string[] {
  if (!existsSync(path)) return [];
  return readFileSync(path, "utf8").split("\n").slice(0, -1);
}
