/** Word left in the data directory for a running service: which executable it shall become when it hands over. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { codeOf } from "./system-errors.ts";

const fileOf = (dataDir: string): string => join(dataDir, "upgrade.json");

export function orderUpgrade(dataDir: string, executable: string): void {
  writeFileSync(fileOf(dataDir), JSON.stringify({ executable }), { mode: 0o600 });
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
