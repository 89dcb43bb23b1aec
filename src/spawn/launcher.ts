/**
 * A run as another user. Bun.spawn can set uid and gid but drops every supplementary group, so our own executable
 * is started as a small launcher: it takes the groups, becomes the user and turns into the command.
 */
import type { Identity } from "../domain/ports.ts";
import { inWords } from "../platform/system-errors.ts";

/** The first argument by which the executable knows that it is the launcher. */
export const LAUNCH = "__launch";

export function launchCommand(
  self: readonly string[],
  identity: Identity,
  command: readonly string[],
): string[] {
  const { uid, gid, account } = identity;
  return [...self, LAUNCH, String(uid), String(gid), account?.name ?? "", ...command];
}

/** Bun has it, its types do not yet. */
const withGroups: typeof process & { initgroups?: (user: string, group: number) => void } = process;

/** Never returns: the process becomes the command, or ends with 126 and a line that says why. */
export function launch(args: readonly string[]): never {
  const [uid, gid, account, program, ...rest] = args;
  try {
    if (account) withGroups.initgroups?.(account, Number(gid));
    else process.setgroups?.([]);
    process.setgid?.(Number(gid));
    process.setuid?.(Number(uid));
    if (program !== undefined) process.execve?.(program, [program, ...rest], definedEnvironment());
  } catch (error) {
    process.stderr.write(`meproc: the command cannot be started: ${inWords(error)}\n`);
  }
  process.exit(126);
}

function definedEnvironment(): Record<string, string> {
  const entries = Object.entries(process.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return Object.fromEntries(entries);
}
