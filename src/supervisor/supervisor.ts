/**
 * The facade over all tasks: every surface (1.x, the API, the configuration file) goes through here. It owns the
 * set of tasks and what is between them; each task's life is its group's.
 */
import { isDeepStrictEqual } from "node:util";
import { MeprocError, notFound } from "../domain/errors.ts";
import type {
  Clock,
  Engine,
  History,
  LineWatcher,
  Prober,
  Publish,
  Users,
  Watcher,
} from "../domain/ports.ts";
import type { RunId, Trigger } from "../domain/run.ts";
import type { Task } from "../domain/task.ts";
import { checkCycle, checkIdentity, parseTask } from "./admission.ts";
import { Bootstrap } from "./bootstrap.ts";
import type { DepsOf } from "./dependencies.ts";
import { type GroupDeps, TaskGroup } from "./group.ts";
import { restore } from "./restore.ts";
import { dependentsFirst } from "./shutdown.ts";
import { WaitingRoom } from "./waiting-room.ts";

export interface SupervisorDeps {
  readonly clock: Clock;
  readonly engine: Engine;
  readonly history: History;
  readonly users: Users;
  readonly prober: Prober;
  readonly lines: LineWatcher;
  readonly watcher: Watcher;
  /** The task that the service lives for, if there is one: it is run at each start. */
  readonly mainTask: string | null;
  readonly publish: Publish;
  readonly newRunId: () => RunId;
  readonly random: () => number;
}

export class Supervisor {
  readonly #deps: SupervisorDeps;
  readonly #groups = new Map<string, TaskGroup>();
  readonly #waiting = new WaitingRoom((name) => this.#groups.get(name));
  /** Names that a request is just defining, and tasks that are on their way out. */
  readonly #claimed = new Set<string>();
  readonly #removing = new Map<string, Promise<void>>();
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

  /** Throws `not_found`. */
  get(name: string): TaskGroup {
    const group = this.#groups.get(name);
    if (group === undefined) throw notFound(name);
    return group;
  }

  /** Defines a task and starts it. Throws `invalid`, `dependency_cycle`, `already_exists` or `shutting_down`. */
  async define(input: unknown, trigger: Trigger = "api"): Promise<TaskGroup> {
    this.#assertOpen();
    const task = parseTask(input);
    this.#claim(task.name);
    try {
      checkCycle(task, this.#depsOf);
      await checkIdentity(task, this.#deps.users);
      this.#assertOpen();
      checkCycle(task, this.#depsOf);
      const group = this.#add(task, trigger);
      this.#deps.history.flush();
      await group.started();
      return group;
    } finally {
      this.#claimed.delete(task.name);
    }
  }

  /** Settles when its processes are gone and the name is free. Throws `not_found`, `conflict` if one cannot be killed. */
  remove(name: string): Promise<void> {
    this.#assertNotFrozen();
    const under = this.#removing.get(name);
    if (under !== undefined) return under;
    const group = this.get(name);
    const removal = this.#remove(group).finally(() => this.#removing.delete(name));
    this.#removing.set(name, removal);
    return removal;
  }

  /** Settles when the old processes are gone. Throws `not_found`, `conflict`. */
  async restart(name: string): Promise<TaskGroup> {
    const group = this.#open(name);
    await group.restart();
    if (this.#groups.get(name) !== group) throw notFound(name);
    assertGone(group);
    await group.started();
    return group;
  }

  start(name: string): TaskGroup {
    const group = this.#open(name);
    group.start("api");
    this.#waiting.reconsider();
    this.#deps.history.flush();
    return group;
  }

  async stop(name: string): Promise<TaskGroup> {
    const group = this.#open(name);
    await group.stop();
    assertGone(group);
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
      isChanged,
      bootstrap: this.#bootstrap,
    });
  }

  /**
   * Takes the tasks of the configuration file: a new one is defined, one that reads as it did is left as it is, one that
   * was changed is stopped and defined anew.
   */
  async merge(definition: unknown): Promise<void> {
    const task = parseTask(definition);
    const known = this.#groups.get(task.name);
    if (known !== undefined) {
      if (isDeepStrictEqual(known.task, task)) return;
      checkCycle(task, this.#depsOf);
      await checkIdentity(task, this.#deps.users);
      await this.remove(task.name);
    }
    const group = await this.define(definition, "boot");
    if (known !== undefined) group.succeed(known);
  }

  #add(task: Task, trigger: Trigger): TaskGroup {
    const group = this.#make(task);
    this.#deps.publish({ kind: "task.created", task: task.name });
    group.start(trigger);
    this.#waiting.reconsider();
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

  async #remove(group: TaskGroup): Promise<void> {
    const { name } = group.task;
    await group.stop();
    this.#assertNotFrozen();
    assertGone(group);
    this.#groups.delete(name);
    this.#deps.history.removeTask(name);
    this.#deps.publish({ kind: "task.removed", task: name });
    this.#waiting.reconsider();
  }

  #claim(name: string): void {
    if (this.#groups.has(name) || this.#claimed.has(name))
      throw new MeprocError("already_exists", `There is a task named ${name} already`, {
        hint: "Remove it first, or choose another name",
      });
    this.#claimed.add(name);
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
