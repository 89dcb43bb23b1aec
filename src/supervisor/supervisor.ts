/**
 * The facade over all tasks: every surface (1.x, the API, the configuration file) goes through here. It owns the
 * set of tasks and what is between them; each task's life is its group's.
 */
import { InvalidError, MeprocError, notFound } from "../domain/errors.ts";
import type { Actor } from "../domain/fact.ts";
import type {
  Clock,
  Commands,
  Engine,
  History,
  LineWatcher,
  Prober,
  Publish,
  LimitsCheck,
  Users,
  Watcher,
} from "../domain/ports.ts";
import type { RunId, Trigger } from "../domain/run.ts";
import type { Signal } from "../domain/task-policies.ts";
import type { ChangeSet } from "../domain/task-set.ts";
import { PROCESS_FIELDS, type Task } from "../domain/task.ts";
import { checkCycle, parseTask } from "./admission.ts";
import { type Appointment, agenda } from "./agenda.ts";
import { Bootstrap } from "./bootstrap.ts";
import { assertRevision, changedFields, definitionOf, mergePatch, named, reveal } from "./change.ts";
import { type Admitted, admitted } from "./changes.ts";
import { type DepsOf, dependenciesFirst } from "./dependencies.ts";
import { type GroupDeps, TaskGroup, type Update } from "./group.ts";
import { type InstanceUsage, placesOf, reload, signal, usageOf, write } from "./operations.ts";
import { type Known, type Plan, changeSet, planSet } from "./plan.ts";
import { restore } from "./restore.ts";
import { restartRolling } from "./rolling.ts";
import { type Selection, isSelected } from "./select.ts";
import { dependentsFirst } from "./shutdown.ts";
import { type Awaited, waitFor } from "./wait-for.ts";
import { WaitingRoom } from "./waiting-room.ts";
import { whyNotRunning } from "./why.ts";

export interface SupervisorDeps {
  readonly clock: Clock;
  readonly engine: Engine;
  readonly history: History;
  readonly users: Users;
  /** Which limits this machine can set; without it they are tried at the start. */
  readonly limits?: LimitsCheck;
  /** Runs the commands of reload policies. */
  readonly commands?: Commands;
  readonly prober: Prober;
  readonly lines: LineWatcher;
  readonly watcher: Watcher;
  /** The task that the service lives for, if there is one: it is run at each start. */
  readonly mainTask: string | null;
  readonly publish: Publish;
  readonly newRunId: () => RunId;
  readonly random: () => number;
}

/** Who asks. */
interface By {
  readonly by?: Actor;
}
/** Which replica is meant; all if not given. */
interface Which extends By {
  readonly index?: number;
}
/** A change that is only made to the revision that was looked at. */
interface Change extends By {
  readonly ifMatch?: number;
}

export interface Changed {
  readonly group: TaskGroup;
  /** The fields that read otherwise now. */
  readonly changed: readonly string[];
}

export interface Refused {
  readonly name: string;
  readonly error: InvalidError;
}

export class Supervisor {
  readonly #deps: SupervisorDeps;
  readonly #groups = new Map<string, TaskGroup>();
  readonly #waiting = new WaitingRoom((name) => this.#groups.get(name));
  /** Tasks that are on their way out. */
  readonly #removing = new Map<string, Promise<void>>();
  /** Tasks that were not started at the restoring, since their definition is about to change. */
  readonly #heldBack = new Set<string>();
  readonly #rolling = new Set<TaskGroup>();
  readonly #bootstrap: Bootstrap;
  #closing = false;
  #frozen = false;

  constructor(deps: SupervisorDeps) {
    this.#deps = deps;
    this.#bootstrap = new Bootstrap(deps);
  }

  list(): TaskGroup[] {
    return [...this.#groups.values()];
  }

  find(name: string): TaskGroup | null {
    return this.#groups.get(name) ?? null;
  }

  /** Throws `not_found`. */
  get(name: string): TaskGroup {
    const group = this.#groups.get(name);
    if (group === undefined) throw notFound(name);
    return group;
  }

  /** The tasks that have these labels and a name that the glob takes. */
  select(selection: Selection): TaskGroup[] {
    return this.list().filter(({ task }) => isSelected(task, selection));
  }

  /** Defines a task and starts it. Throws `invalid`, `dependency_cycle`, `already_exists` or `shutting_down`. */
  async define(
    input: unknown,
    { trigger = "api", by = "api" }: By & { trigger?: Trigger } = {},
  ): Promise<TaskGroup> {
    const task = reveal(parseTask(input), null);
    const group = await this.#admit(() => {
      if (this.#groups.has(task.name)) throw alreadyExists(task.name);
      checkCycle(task, this.#depsOf);
      return { tasks: [{ task, path: "" }], commit: () => this.#added(task, { trigger, by }) };
    });
    await group.started();
    return group;
  }

  /**
   * Gives a task this definition, whether it exists or not; the same again changes nothing. Settles when what it ends is
   * gone and what it starts has started. Throws as `define`, `conflict`, and RevisionError for another revision.
   */
  async replace(
    name: string,
    input: unknown,
    { ifMatch, by = "api" }: Change = {},
  ): Promise<Changed & { created: boolean }> {
    const definition = named(name, input);
    const parsed = parseTask(definition);
    const { group, done, changed } = await this.#admit(() => {
      const after = this.#removing.get(name);
      if (after !== undefined) return { after };
      const known = this.#groups.get(name);
      assertRevision(name, ifMatch, known?.revision ?? null);
      const task = reveal(parsed, known?.task ?? null);
      checkCycle(task, this.#depsOf);
      if (known !== undefined) return this.#updating(known, task, by);
      const commit = () => {
        const added = this.#added(task, { trigger: "api", by });
        return { group: added, done: added.started(), changed: null };
      };
      return { tasks: [{ task, path: "" }], commit };
    });
    await done;
    return { group, created: changed === null, changed: changed ?? [] };
  }

  /** Changes some fields of a task: a JSON merge patch (RFC 7396) of its definition. Settles and throws as `replace`. */
  async patch(name: string, input: unknown, { ifMatch, by = "api" }: Change = {}): Promise<Changed> {
    const patch = named(name, input);
    const { group, done, changed } = await this.#admit(() => {
      const known = this.#open(name);
      assertRevision(name, ifMatch, known.revision);
      const task = reveal(parseTask(mergePatch(definitionOf(known.task), patch)), known.task);
      checkCycle(task, this.#depsOf);
      return this.#updating(known, task, by);
    });
    await done;
    return { group, changed: changed ?? [] };
  }

  /** What `apply` would change. Throws InvalidError with everything that is wrong in the set. */
  async plan(input: unknown): Promise<ChangeSet> {
    return await this.#admit(() => {
      const plan = this.#plan(input);
      return { tasks: touched(plan), commit: () => changeSet(plan) };
    });
  }

  /**
   * Makes the tasks those of the set, and touches no other. What is wrong anywhere in it changes nothing. Settles when what
   * it ends is gone and what it starts has started; throws `conflict` if a process cannot be ended.
   */
  async apply(
    input: unknown,
    { by = "api", trigger = "api" }: By & { trigger?: Trigger } = {},
  ): Promise<ChangeSet> {
    const { changes, done } = await this.#admit(() => {
      const plan = this.#plan(input);
      const after = plan.tasks
        .map(({ task }) => this.#removing.get(task.name))
        .find((each) => each !== undefined);
      if (after !== undefined) return { after };
      return { tasks: touched(plan), commit: () => this.#apply(plan, { by, trigger }) };
    });
    await done;
    return changes;
  }

  /**
   * Takes the tasks of the configuration file, as a set of which nothing is removed. Those that cannot be admitted are left
   * out and given back with what is wrong. Throws `conflict`, `shutting_down`.
   */
  async merge(definitions: readonly unknown[]): Promise<readonly Refused[]> {
    const tasks = dependenciesFirst(definitions.map(parseTask));
    const refused: Refused[] = [];
    const take = async (some: readonly Task[]): Promise<void> => {
      try {
        await this.apply({ tasks: some.map(definitionOf) }, { by: "file", trigger: "boot" });
      } catch (error) {
        if (!(error instanceof InvalidError)) throw error;
        const [only, ...others] = some;
        if (only !== undefined && others.length === 0)
          return void refused.push({ name: only.name, error: withoutPlace(error) });
        // the fault of one keeps no other from its start
        for (const task of some) await take([task]);
      }
    };
    try {
      await take(tasks);
    } finally {
      for (const { name } of tasks)
        if (!refused.some((each) => each.name === name) && this.#heldBack.delete(name))
          this.#groups.get(name)?.resume();
    }
    return refused;
  }

  /** Settles when its processes are gone and the name is free. Throws `not_found`, `conflict` if one cannot be killed. */
  remove(name: string, { ifMatch, by = "api" }: Change = {}): Promise<void> {
    this.#assertNotFrozen();
    const under = this.#removing.get(name);
    if (under !== undefined) return under;
    const group = this.get(name);
    assertRevision(name, ifMatch, group.revision);
    const removal = this.#remove(group, by).finally(() => this.#removing.delete(name));
    this.#removing.set(name, removal);
    return removal;
  }

  /**
   * Settles when the old processes are gone; with `rolling` one replica after the other, when all are up. Throws
   * `not_found`, `conflict`.
   */
  async restart(
    name: string,
    { by = "api", index, rolling = false }: Which & { rolling?: boolean } = {},
  ): Promise<TaskGroup> {
    const group = this.#open(name);
    const places = placesOf(group, index);
    if (rolling && index === undefined) return this.#restartRolling(group, by);
    await group.restart(by, places);
    if (this.#groups.get(name) !== group) throw notFound(name);
    assertGone(group);
    await group.started();
    return group;
  }

  /** Throws `not_found`. */
  start(name: string, { by = "api", index }: Which = {}): TaskGroup {
    const group = this.#open(name);
    group.start("api", by, placesOf(group, index));
    this.#waiting.reconsider();
    this.#deps.history.flush();
    return group;
  }

  /** The whole task, until somebody starts it; or one replica, until it or the task is started. Throws `not_found`, `conflict`. */
  async stop(name: string, { by = "api", index }: Which = {}): Promise<TaskGroup> {
    const group = this.#open(name);
    if (index === undefined) await group.stop(by);
    else await Promise.all(placesOf(group, index).map((instance) => instance.stop(by)));
    assertGone(group);
    return group;
  }

  /** One run of a schedule now. Throws `not_found`, `conflict`. */
  runNow(name: string, { by = "api" }: By = {}): TaskGroup {
    return this.#with(name, (group) => group.runNow(by));
  }

  /** The times of a schedule start nothing until `resume`. Throws `not_found`, `conflict`. */
  pause(name: string, { by = "api" }: By = {}): TaskGroup {
    return this.#with(name, (group) => group.pause(by));
  }

  /** Throws `not_found`, `conflict`. */
  resume(name: string, { by = "api" }: By = {}): TaskGroup {
    return this.#with(name, (group) => group.unpause(by));
  }

  /** Settles when every process has been told. Throws `not_found`, `conflict`. */
  async reload(name: string, { by = "api", index }: Which = {}): Promise<TaskGroup> {
    const group = this.#open(name);
    await reload(group, { ...this.#deps, index, by });
    return group;
  }

  /** Throws `not_found`, `conflict`. */
  signal(name: string, which: Signal, { by = "api", index }: Which = {}): TaskGroup {
    const { publish } = this.#deps;
    return this.#with(name, (group) => signal(group, which, { index, by, publish }));
  }

  /** Settles when stdin has taken it. Throws `not_found`, `conflict`. */
  async write(name: string, bytes: Uint8Array, { index }: Which = {}): Promise<void> {
    await write(this.#open(name), bytes, index);
  }

  /** Why not every replica runs, in one sentence; `null` if they do. */
  whyNotRunning(group: TaskGroup): string | null {
    return whyNotRunning(group);
  }

  /** What is due from `from` to `to` (Unix ms), at most `limit` times, of the tasks that `of` takes. */
  agenda(
    from: number,
    to: number,
    limit: number,
    of: (group: TaskGroup) => boolean = () => true,
  ): Appointment[] {
    return agenda(this.list().filter(of), from, to, limit);
  }

  /** What its processes use, looked at now. Throws `not_found`. */
  usage(name: string): InstanceUsage[] {
    return usageOf(this.get(name));
  }

  /** Settles when every replica is so; throws `timeout` that says where it stands, `not_found`. */
  async waitFor(
    name: string,
    condition: Awaited,
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<TaskGroup> {
    const group = this.get(name);
    const { clock } = this.#deps;
    await waitFor(group, condition, { clock, timeoutMs, ...(signal === undefined ? {} : { signal }) });
    return group;
  }

  /** Runs a command once under the alias `bootstrap`; it is no task and in no list. */
  bootstrap(cmd: string): void {
    if (!this.#closing) this.#bootstrap.start(cmd);
  }

  /** Takes no new work and stops everything, dependents before what they depend on. Settles when all is gone. */
  async shutdown(): Promise<void> {
    this.#close();
    const groups = this.list();
    for (const group of groups) group.quiesce();
    await Promise.all([this.#bootstrap.stop(), dependentsFirst(groups, (group) => group.halt())]);
  }

  /** From here on nothing is started, stopped or noted: the service leaves its processes to the next. */
  freeze(): void {
    this.#close();
    this.#frozen = true;
    this.#bootstrap.freeze();
    for (const group of this.list()) group.freeze();
  }

  /** Kills every process at once. */
  killAll(): void {
    this.#close();
    this.#bootstrap.killNow();
    for (const group of this.list()) group.killNow();
  }

  readonly #depsOf: DepsOf = (name) => this.#groups.get(name)?.task.deps;

  /**
   * Takes up what an earlier service left: its tasks with what is wanted of them, and the processes of theirs that are
   * still there. To be called once, before anything else. A task of which `isChanged` says that the configuration reads
   * otherwise by now is not started: `merge` puts the new definition in its place.
   */
  restore(isChanged: (task: Task) => boolean = () => false): void {
    restore({
      ...this.#deps,
      groups: this.#groups,
      make: (task) => this.#make(task),
      isChanged: (task) => {
        const held = isChanged(task);
        if (held) this.#heldBack.add(task.name);
        return held;
      },
      bootstrap: this.#bootstrap,
    });
  }

  /**
   * Looks at a change until all that it needs is known, then makes it in the same turn: what it is based on cannot have
   * become otherwise in between.
   */
  async #admit<T>(prepare: () => Admitted<T>): Promise<T> {
    return await admitted(this.#deps, () => {
      this.#assertOpen();
      return prepare();
    });
  }

  /** A change of a task that exists. */
  #updating(group: TaskGroup, task: Task, by: Actor): Admitted<Underway> {
    const changed = changedFields(group.task, task);
    if (changed.length === 0)
      return { tasks: [], commit: () => ({ group, done: Promise.resolve(), changed }) };
    const commit = () => {
      const act = this.#redefine(group, task, { fields: changed, rerun: false, by });
      this.#deps.history.flush();
      const done = act();
      this.#settle();
      return { group, done, changed };
    };
    return { tasks: concernsProcesses(changed) ? [{ task, path: "" }] : [], commit };
  }

  /** Gives back what then has to be done with its processes; that settles when what is to run has started. */
  #redefine(group: TaskGroup, task: Task, update: Update): () => Promise<void> {
    const act = group.redefine(task, update);
    const { fields, by } = update;
    this.#deps.publish({
      kind: "task.changed",
      task: task.name,
      revision: group.revision,
      fields,
      actor: by,
    });
    return async () => {
      await act();
      assertGone(group);
      await group.started();
    };
  }

  #plan(input: unknown): Plan {
    return planSet(input, new Map<string, Known>(this.#groups));
  }

  #apply(
    plan: Plan,
    { by, trigger }: { by: Actor; trigger: Trigger },
  ): { changes: ChangeSet; done: Promise<void> } {
    const removed = plan.removed.map((name) => this.get(name));
    // if the service is killed before they are gone, the next one finds them stopped and still of the set
    for (const group of removed) group.desired = "stopped";
    for (const group of removed) group.save();
    const acts = new Map<string, () => Promise<void>>();
    for (const { task, fields } of plan.tasks)
      if (fields === null) {
        const group = this.#make(task);
        group.note();
        acts.set(task.name, () => this.#begin(group, { trigger, by }));
      } else if (fields.length > 0)
        acts.set(task.name, this.#redefine(this.get(task.name), task, { fields, rerun: true, by }));
    this.#join(plan);
    // all definitions are on disk, in one transaction, before the first process hears of it
    this.#deps.history.flush();
    const done = dependenciesFirst(plan.tasks.map(({ task }) => task)).map(({ name }) => acts.get(name)?.());
    for (const { task } of removed) done.push(this.remove(task.name, { by }));
    this.#settle();
    return { changes: changeSet(plan), done: allOf(done) };
  }

  /** From here on they are of the set. */
  #join({ set, tasks }: Plan): void {
    if (set === null) return;
    for (const { task } of tasks) {
      const group = this.get(task.name);
      if (group.set === set) continue;
      group.set = set;
      group.save();
    }
  }

  #added(task: Task, how: { trigger: Trigger; by: Actor }): TaskGroup {
    const group = this.#make(task);
    void this.#begin(group, how);
    this.#settle();
    return group;
  }

  /** Settles when it has started. */
  #begin(group: TaskGroup, { trigger, by }: { trigger: Trigger; by: Actor }): Promise<void> {
    this.#deps.publish({ kind: "task.created", task: group.task.name, actor: by });
    if (group.task.autostart) group.start(trigger, by);
    else group.save();
    return group.started();
  }

  /** Whoever waits looks again, and what was put off is on disk. */
  #settle(): void {
    this.#waiting.reconsider();
    this.#deps.history.flush();
  }

  async #restartRolling(group: TaskGroup, by: Actor): Promise<TaskGroup> {
    const { name } = group.task;
    if (this.#rolling.has(group)) throw new MeprocError("conflict", `${name} is being restarted already`);
    this.#rolling.add(group);
    try {
      await restartRolling(group, this.#deps.clock, by);
    } finally {
      this.#rolling.delete(group);
    }
    if (group.removed) throw notFound(name);
    return group;
  }

  #with(name: string, act: (group: TaskGroup) => void): TaskGroup {
    const group = this.#open(name);
    act(group);
    this.#deps.history.flush();
    return group;
  }

  #make(task: Task): TaskGroup {
    const deps: GroupDeps = {
      ...this.#deps,
      blockersOf: (each) => this.#waiting.blockersOf(each),
      changed: (each, released) => this.#waiting.changed(each, released),
    };
    const group = new TaskGroup(task, deps);
    this.#groups.set(task.name, group);
    return group;
  }

  async #remove(group: TaskGroup, by: Actor): Promise<void> {
    const { name } = group.task;
    await group.stop(by);
    this.#assertNotFrozen();
    assertGone(group);
    this.#groups.delete(name);
    this.#deps.history.removeTask(name);
    this.#heldBack.delete(name);
    this.#deps.publish({ kind: "task.removed", task: name, actor: by });
    group.dismiss();
    this.#waiting.reconsider();
  }

  #open(name: string): TaskGroup {
    this.#assertOpen();
    const group = this.get(name);
    if (this.#removing.has(name)) throw notFound(name);
    return group;
  }

  #close(): void {
    this.#closing = true;
    this.#waiting.close();
  }

  #assertNotFrozen(): void {
    if (this.#frozen) throw shuttingDown();
  }

  #assertOpen(): void {
    if (this.#closing) throw shuttingDown();
  }
}

/** A change that has been made and whose processes are on their way; `changed` is `null` for a task that is new. */
interface Underway {
  readonly group: TaskGroup;
  readonly done: Promise<void>;
  readonly changed: readonly string[] | null;
}

/** The tasks of which the world has to be asked: one that reads as it did is not looked at. */
function touched({ tasks }: Plan): { task: Task; path: string }[] {
  return tasks
    .filter(({ fields }) => fields === null || concernsProcesses(fields))
    .map(({ task, path }) => ({ task, path }));
}

/** Only then has this machine to have what the task needs: its user may have been deleted while it runs. */
function concernsProcesses(changed: readonly string[]): boolean {
  return changed.some((field) => PROCESS_FIELDS.has(field));
}

/** Settles when all have, and throws what the first of them threw. */
async function allOf(promises: readonly (Promise<void> | undefined)[]): Promise<void> {
  const failed = (await Promise.allSettled(promises)).find((each) => each.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}

/** What is wrong with the one task of a set, as of the task by itself. */
function withoutPlace({ issues }: InvalidError): InvalidError {
  return new InvalidError(issues.map((issue) => ({ ...issue, path: issue.path.replace("/tasks/0", "") })));
}

function alreadyExists(name: string): MeprocError {
  return new MeprocError("already_exists", `There is a task named ${name} already`, {
    hint: "Remove it first, or choose another name",
  });
}

function shuttingDown(): MeprocError {
  return new MeprocError("shutting_down", "The service is stopping and takes no new work");
}

function assertGone(group: TaskGroup): void {
  const stuck = group.instances.find((instance) => instance.stuck);
  if (stuck === undefined) return;
  throw new MeprocError("conflict", `The process of ${stuck.alias} cannot be killed`, {
    hint: "It hangs in the kernel, often on a disk or network file system that does not answer",
  });
}
