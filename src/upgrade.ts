/** How a running service becomes another executable, in place: same pid, same children. */
import { inWords } from "./platform/system-errors.ts";

/** Tells the executable that comes when the one before let go, in Unix ms. */
const LEFT_AT = "MEPROC_LEFT_AT";

/** Returns only if neither the next executable nor this one could be started. */
export function becomeNext(executable: string, args: readonly string[], leftAt: number): void {
  const environment = { ...process.env, [LEFT_AT]: String(leftAt) } as Record<string, string>;
  for (const path of [executable, process.execPath]) {
    try {
      process.execve?.(path, [path, ...args], environment);
    } catch (error) {
      process.stderr.write(`meproc: ${path} could not be started: ${inWords(error)}\n`);
    }
  }
}

/** For how long nobody supervised, in milliseconds; `null` if no upgrade has led here. */
export function gapOf(variables: Readonly<Record<string, string | undefined>>): number | null {
  const leftAt = variables[LEFT_AT];
  return leftAt === undefined ? null : Date.now() - Number(leftAt);
}
