/** How a running service becomes another executable, in place: same pid, same children. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { codeOf } from "./platform/system-errors.ts";

const fileOf = (dataDir: string): string => join(dataDir, "upgrade.json");

/** Leaves word for the service which executable it shall become when it hands over. */
export function orderUpgrade(dataDir: string, executable: string): void {
  writeFileSync(fileOf(dataDir), JSON.stringify({ executable }), { mode: 0o600 });
}

/** The executable that was ordered, once; `null` if none was. */
export function nextExecutable(dataDir: string): string | null {
  try {
    const { executable } = JSON.parse(readFileSync(fileOf(dataDir), "utf8")) as { executable: string };
    rmSync(fileOf(dataDir));
    return executable;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return null;
    throw error;
  }
}

/** Returns only if neither the next executable nor this one could be started. */
export function becomeNext(executable: string, args: readonly string[]): void {
  const environment = process.env as Record<string, string>;
  for (const path of [executable, process.execPath]) {
    try {
      process.execve?.(path, [path, ...args], environment);
    } catch (error) {
      process.stderr.write(`meproc: ${path} could not be started: ${String(error)}\n`);
    }
  }
}
