/**
 * The environment that a process gets: the service's own without what is the service's business, its user's, its task's.
 * What comes later wins.
 */
import { resolve } from "node:path";
import { withIndex } from "../domain/index-placeholder.ts";
import type { Identity, RunRequest } from "../domain/ports.ts";
import { readEnvFile } from "./env-file.ts";

/** BUN_BE_BUN would turn our executable, run as the launcher, into the bun command line. */
const OURS = /^(MEPROC_|BUN_BE_BUN$|BUN_OPTIONS$|NOTIFY_SOCKET$|WATCHDOG_|STATE_DIRECTORY$)/;
/** What a process cannot well do without, whatever it inherits. */
const LEAST = ["PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "TZ", "TMPDIR"];
const LEAST_ON_WINDOWS = ["SystemRoot", "SystemDrive", "ComSpec", "PATHEXT", "TEMP", "TMP", "USERPROFILE"];

export type Environment = Record<string, string>;

/** What of the service's environment is handed on; made once. */
export function inheritedEnvironment(all: Readonly<Record<string, string | undefined>>): Environment {
  const kept = Object.entries(all).filter((entry): entry is [string, string] => {
    return entry[1] !== undefined && !OURS.test(entry[0]);
  });
  return Object.fromEntries(kept);
}

/** What a process gets, but for what a file of variables says, which comes between. */
export interface Layers {
  readonly under: Environment;
  readonly over: Environment;
}

export function layersOf(
  inherited: Environment,
  service: string,
  request: RunRequest,
  identity: Identity | null,
): Layers {
  const { task, index } = request;
  const variables = Object.entries(task.env).map(([name, value]) => [name, withIndex(value, index)]);
  return {
    under: {
      ...(task.inherit_env === true ? inherited : pick(inherited, task.inherit_env)),
      ...ofUser(identity),
    },
    over: { ...Object.fromEntries(variables), ...marks(service, request) },
  };
}

/** Throws an Error in words if the task's file of variables cannot be read. */
export function environmentOf({ under, over }: Layers, request: RunRequest): Environment {
  const file = envFileOf(request);
  return { ...under, ...(file === null ? {} : readEnvFile(file)), ...over };
}

/** The task's file of variables. A relative path of it begins in the task's own folder. */
export function envFileOf({ task, index }: RunRequest): string | null {
  if (task.env_file === null) return null;
  return resolve(withIndex(task.cwd ?? "", index), withIndex(task.env_file, index));
}

/** By these variables a process is known as one of a run, also to a later service. */
export function marks(service: string, { run, task, index }: RunRequest): Environment {
  return {
    MEPROC_SERVICE: service,
    MEPROC_TASK: task.name,
    MEPROC_INDEX: String(index),
    MEPROC_REPLICAS: String(task.replica),
    MEPROC_RUN: run,
  };
}

function pick(inherited: Environment, names: false | readonly string[]): Environment {
  const least = process.platform === "win32" ? [...LEAST, ...LEAST_ON_WINDOWS] : LEAST;
  const wanted = new Set((names === false ? least : names).map(asWindowsHasIt));
  return Object.fromEntries(Object.entries(inherited).filter(([name]) => wanted.has(asWindowsHasIt(name))));
}

/** Names of variables differ in case on all systems but Windows. */
function asWindowsHasIt(name: string): string {
  return process.platform === "win32" ? name.toUpperCase() : name;
}

function ofUser(identity: Identity | null): Environment {
  const account = identity?.account ?? null;
  if (account === null) return {};
  return { HOME: account.home, USER: account.name, LOGNAME: account.name, SHELL: account.shell };
}
