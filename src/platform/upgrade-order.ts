/** Word left in the data directory for a running service: which executable it shall become when it hands over. */
import { closeSync, constants, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { NO_FOLLOW } from "./private-files.ts";
import { codeOf } from "./system-errors.ts";

/** Over an order that nobody took, but through no link. */
const WRITE = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | NO_FOLLOW;
const fileOf = (dataDir: string): string => join(dataDir, "upgrade.json");

export function orderUpgrade(dataDir: string, executable: string): void {
  const fd = openSync(fileOf(dataDir), WRITE, 0o600);
  try {
    writeFileSync(fd, JSON.stringify({ executable }));
  } finally {
    closeSync(fd);
  }
}

/** Takes the order, once; `null` if there is none. */
export function takeUpgradeOrder(dataDir: string): string | null {
  try {
    const { executable } = JSON.parse(readFileSync(fileOf(dataDir), "utf8")) as { executable: string };
    rmSync(fileOf(dataDir));
    return executable;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return null;
    throw error;
  }
}
