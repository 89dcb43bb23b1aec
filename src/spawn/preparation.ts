/** From a run, or a command that belongs to one, to what is handed to the system: program, arguments, folder, variables. */
import { withIndex } from "../domain/index-placeholder.ts";
import type { Identity, RunRequest } from "../domain/ports.ts";
import type { Command } from "../domain/task-policies.ts";
import { argumentsOf } from "./command-line.ts";
import { type Environment, envFileOf, environmentOf, layersOf, marks } from "./environment.ts";
import { LAUNCH, type Order, launcherEnvironment, needsLauncher } from "./launcher.ts";
import { findProgram, refusal } from "./program.ts";

export interface PreparationDeps {
  readonly environment: Environment;
  /** Tells this data directory's descendants from another's. */
  readonly service: string;
  /** The command that starts this executable. */
  readonly self: readonly string[];
}

export interface Prepared {
  /** With the program in front, as a file where it has been looked for. */
  readonly command: readonly string[];
  /** What the program is told to be its name. */
  readonly name: string;
  readonly env: Environment;
  /** Where the system shall begin; the launcher goes there itself, as its user. */
  readonly cwd: string | null;
  /** The launcher is started, and tells whether it could become the command. */
  readonly launched: boolean;
  /** Why it could not be started, in words, from what the system said. */
  readonly refusal: (error: unknown) => string;
}

/** Throws an Error in words. `extra` are variables for a command that belongs to a run. */
export function prepare(
  deps: PreparationDeps,
  request: RunRequest,
  identity: Identity | null,
  command: Command,
  extra: Environment = {},
): Prepared {
  const { task, index } = request;
  const order = orderOf(request, identity);
  const args = argumentsOf(command, index);
  const layers = layersOf(deps.environment, deps.service, request, identity);
  if (needsLauncher(order)) {
    if (process.platform === "win32") throw new Error("umask, nice and limits are not available on Windows");
    if (order.noNewPrivs && process.platform !== "linux") throw new Error("no_new_privs: only Linux has it");
    const known = { ...marks(deps.service, request), ...extra };
    const [program = ""] = deps.self;
    return {
      command: [...deps.self, LAUNCH, ...args],
      name: program,
      env: launcherEnvironment(
        order,
        { under: layers.under, over: { ...layers.over, ...extra } },
        known,
        deps.environment,
      ),
      cwd: null,
      launched: true,
      refusal: (error) => refusal(error, program, { cwd: null, path: undefined }),
    };
  }
  const env = { ...environmentOf(layers, request), ...extra };
  const place = { cwd: task.cwd === null ? null : withIndex(task.cwd, index), path: env["PATH"] };
  const [name = "", ...rest] = args;
  const program = typeof command === "string" ? name : findProgram(name, place);
  return {
    command: [program, ...rest],
    name,
    env,
    cwd: place.cwd,
    launched: false,
    refusal: (error) => refusal(error, program, place),
  };
}

function orderOf(request: RunRequest, identity: Identity | null): Order {
  const { task, index } = request;
  return {
    // without the right to become somebody else it can only be ourselves
    identity: process.geteuid?.() === 0 ? identity : null,
    cwd: task.cwd === null ? null : withIndex(task.cwd, index),
    umask: task.umask,
    nice: task.nice,
    limits: task.limits ?? {},
    noNewPrivs: task.no_new_privs,
    envFile: envFileOf(request),
  };
}
