/** A gate at which child processes wait until the test opens it: a FIFO, a line of which lets one of them pass. */
import { closeSync, constants, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { whenDone } from "./cleanup.ts";

const MANY = 4096;

export interface Gate {
  /** A shell command that ends when the gate lets it pass. */
  readonly wait: string;
  /** Lets `count` pass, also those that come later. */
  pass(count: number): void;
  /** Lets everybody pass from now on. */
  open(): void;
}

let number = 0;

/** Makes a gate in a folder; closed with the test that is running. */
export function makeGate(folder: string, name = `gate${++number}`): Gate {
  const path = join(folder, name);
  const { exitCode, stderr } = Bun.spawnSync(["mkfifo", "-m", "666", path]);
  if (exitCode !== 0) throw new Error(`mkfifo: ${stderr.toString()}`);
  const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  whenDone(() => closeSync(fd));
  const pass = (count: number) => void writeSync(fd, "\n".repeat(count));
  return { wait: `read -r _ < '${path}'`, pass, open: () => pass(MANY) };
}
