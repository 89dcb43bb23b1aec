/** How the service is started: the built executable, or what MEPROC_TEST_COMMAND says. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";

const BUILT = resolve(import.meta.dir, "../../dist/meproc");

/** The command, as a list of arguments; throws if nothing has been built. */
export function executable(): string[] {
  const named = process.env["MEPROC_TEST_COMMAND"];
  if (named) return named.split(" ");
  if (!existsSync(BUILT)) throw new Error(`There is no ${BUILT}: build it with "bun build.ts"`);
  return [BUILT];
}

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the executable to its end, with no environment but what is given. */
export function runToEnd(
  args: readonly string[],
  options: { env?: Record<string, string>; cwd?: string } = {},
): Ended {
  const { exitCode, stdout, stderr } = Bun.spawnSync([...executable(), ...args], {
    env: { PATH: process.env["PATH"] ?? "", HOME: "/nonexistent", ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    timeout: 10_000,
  });
  return { code: exitCode, stdout: stdout.toString(), stderr: stderr.toString() };
}
