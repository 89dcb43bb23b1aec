/** The environment that a process gets: the service's own without what is the service's business. */
import type { Identity, RunRequest } from "../domain/ports.ts";

/** BUN_BE_BUN would turn our executable, run as the launcher, into the bun command line. */
const OURS = /^(MEPROC_|BUN_BE_BUN$|BUN_OPTIONS$|NOTIFY_SOCKET$|WATCHDOG_|STATE_DIRECTORY$)/;

export type Environment = Record<string, string>;

/** What of the service's environment is handed on; made once. */
export function inheritedEnvironment(all: Readonly<Record<string, string | undefined>>): Environment {
  const kept = Object.entries(all).filter((entry): entry is [string, string] => {
    return entry[1] !== undefined && !OURS.test(entry[0]);
  });
  return Object.fromEntries(kept);
}

export function environmentOf(
  inherited: Environment,
  service: string,
  request: RunRequest,
  identity: Identity | null,
): Environment {
  const account = identity?.account ?? null;
  const asUser =
    account === null
      ? {}
      : { HOME: account.home, USER: account.name, LOGNAME: account.name, SHELL: account.shell };
  return {
    ...inherited,
    ...asUser,
    MEPROC_SERVICE: service,
    MEPROC_TASK: request.task.name,
    MEPROC_INDEX: String(request.index),
    MEPROC_REPLICAS: String(request.task.replica),
    MEPROC_RUN: request.run,
  };
}
