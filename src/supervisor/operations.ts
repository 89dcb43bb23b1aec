/** What is done to the processes of a task while they run: signals, reloads, stdin, a look at what they use. */
import { commandFailure } from "../domain/command-end.ts";
import { MeprocError } from "../domain/errors.ts";
import type { Actor } from "../domain/fact.ts";
import type { Commands, Publish, TreeUsage } from "../domain/ports.ts";
import type { Command, Signal } from "../domain/task-policies.ts";
import type { TaskGroup } from "./group.ts";
import type { Instance } from "./instance.ts";

const RELOAD_TIMEOUT_MS = 30_000;

export interface OperationDeps {
  readonly publish: Publish;
  /** Without it no command can be run. */
  readonly commands?: Commands;
}

export interface InstanceUsage {
  readonly alias: string;
  readonly index: number;
  /** `null` where nothing runs, or the system does not tell. */
  readonly usage: TreeUsage | null;
}

/** The replicas that are meant: all, or the one of this index. Throws `not_found`. */
export function placesOf(group: TaskGroup, index: number | undefined): readonly Instance[] {
  if (index === undefined) return group.kept;
  const place = group.kept.find((instance) => instance.index === index);
  if (place !== undefined) return [place];
  const { name, replica } = group.task;
  const which = replica === 1 ? "only replica 0" : `replicas 0 to ${replica - 1}`;
  throw new MeprocError("not_found", `${name} has no replica ${index}, ${which}`);
}

/** Sends a signal to each process itself. Throws `conflict` where none runs. */
export function signal(
  group: TaskGroup,
  name: Signal,
  { index, by, publish }: { index: number | undefined; by: Actor; publish: Publish },
): void {
  for (const instance of runningOf(group, index)) {
    instance.signal(name);
    publish({ kind: "instance.signalled", ...placeOf(instance), signal: name, actor: by });
  }
}

/** Has each process take up its configuration anew. Throws `conflict` where the task does not say how, or it fails. */
export async function reload(
  group: TaskGroup,
  { index, by, publish, commands }: OperationDeps & { index: number | undefined; by: Actor },
): Promise<void> {
  const policy = group.task.reload;
  if (policy === null)
    throw new MeprocError("conflict", `${group.task.name} does not say how it is reloaded`, {
      hint: "Give it reload, with a signal or a command, or restart it",
    });
  const running = runningOf(group, index);
  const one = async (instance: Instance): Promise<void> => {
    if (policy.signal !== undefined) instance.signal(policy.signal);
    if (policy.command !== undefined) await runReload(instance, policy.command, commands);
    publish({ kind: "instance.reloaded", ...placeOf(instance), actor: by });
  };
  const failed = (await Promise.allSettled(running.map(one))).find((each) => each.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}

/** Settles when the process's stdin has taken it. Throws `conflict`. */
export async function write(group: TaskGroup, bytes: Uint8Array, index: number | undefined): Promise<void> {
  await Promise.all(runningOf(group, index).map((instance) => instance.write(bytes)));
}

export function usageOf(group: TaskGroup): InstanceUsage[] {
  return group.instances.map((instance) => ({
    alias: instance.alias,
    index: instance.index,
    usage: instance.usage(),
  }));
}

function runningOf(group: TaskGroup, index: number | undefined): readonly Instance[] {
  const running = placesOf(group, index).filter(({ live }) => live !== null);
  if (running.length > 0) return running;
  const what = index === undefined ? group.task.name : `${group.task.name}:${index}`;
  throw new MeprocError("conflict", `${what} is not running`);
}

async function runReload(
  instance: Instance,
  command: Command,
  commands: Commands | undefined,
): Promise<void> {
  const { live, task, index, alias } = instance;
  if (commands === undefined || live === null)
    throw new MeprocError("conflict", `${alias} cannot be reloaded by a command here`);
  const request = { run: live.run, task, index, alias };
  const end = await commands.run(request, command, { timeoutMs: RELOAD_TIMEOUT_MS, pid: live.pid });
  const problem = commandFailure(end, RELOAD_TIMEOUT_MS);
  if (problem !== null) throw new MeprocError("conflict", `The reload of ${alias} failed: ${problem}`);
}

function placeOf({ task, alias, index }: Instance) {
  return { task: task.name, type: task.type, alias, index };
}
