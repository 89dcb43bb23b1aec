/**
 * The facade over all tasks: every surface (1.x, the API, the configuration file) goes through here. It owns the
 * set of tasks and what is between them; each task's life is its group's.
 */
import { isDeepStrictEqual } from "node:util";
import { MeprocError, notFound } from "../domain/errors.ts";
import type { Clock, Engine, History, LeftRun, Publish, Users } from "../domain/ports.ts";
import type { RunEnd, RunRecord } from "../domain/history.ts";
import { type RunId, type Trigger, lost } from "../domain/run.ts";
import { type Task, aliasOf, completeTask } from "../domain/task.ts";
import { checkCycle, checkIdentity, parseTask } from "./admission.ts";
import { type DepsOf, blockers, dependenciesFirst, dependents } from "./dependencies.ts";
import { type GroupDeps, TaskGroup, policyOf } from "./group.ts";
import { Instance } from "./instance.ts";

export interface SupervisorDeps {
  readonly clock: Clock;
  readonly engine: Engine;
  readonly history: History;
  readonly users: Users;
  /** The task that the service lives for, if there is one: it is run at each start. */
  readonly mainTask: string | null;
  readonly publish: Publish;
  readonly newRunId: () => RunId;
  readonly random: () => number;
}

/** The alias of the bootstrap command, whose name no task may have. */
const BOOTSTRAP = "bootstrap";

function endOfUnknown(wall: number): RunEnd {
  const outcome = lost("its task is no more");
  return { endedAt: Math.round(wall), durationMs: 0, outcome, usage: { max_rss_bytes: null, cpu_ms: null } };
}

export class Supervisor {
  readonly #deps: SupervisorDeps;
  readonly #groups = new Map<string, TaskGroup>();
  /** Names that a request is just defining, and tasks that are on their way out. */
  readonly #claimed = new Set<string>();
  readonly #removing = new Map<string, Promise<void>>();
  #bootstrap: Instance | null = null;
  #closing = false;
  #frozen = false;

  constructor(deps: SupervisorDeps) {
    this.#deps = deps;
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
    this.#reconsider();
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
    if (this.#closing || this.#bootstrap?.active) return;
    this.#makeBootstrap(cmd).start("boot");
  }

  #makeBootstrap(cmd: string): Instance {
    const task = completeTask({ name: BOOTSTRAP, cmd, type: "once" });
    const deps = {
      ...this.#deps,
      changed: (instance: Instance) => {
        if (instance.state.kind === "waiting") instance.depsMet();
      },
    };
    this.#bootstrap = new Instance(task, 0, policyOf(task), deps, BOOTSTRAP);
    return this.#bootstrap;
  }

  /** Takes no new work and stops everything, dependents before what they depend on. Settles when all is gone. */
  async shutdown(): Promise<void> {
    this.#closing = true;
    const groups = this.list();
    for (const group of groups) group.quiesce();
    const waitsFor = dependents(groups.map((group) => group.task));
    const stopped = new Map<string, Promise<void>>();
    const stop = (name: string): Promise<void> => {
      const known = stopped.get(name);
      if (known !== undefined) return known;
      const before = (waitsFor.get(name) ?? []).map(stop);
      const done = Promise.all(before).then(() => this.#groups.get(name)?.halt());
      stopped.set(name, done);
      return done;
    };
    await Promise.all([this.#bootstrap?.stop(), ...groups.map((group) => stop(group.task.name))]);
  }

  /** From here on nothing is started, stopped or noted: the service leaves its processes to the next. */
  freeze(): void {
    this.#closing = true;
    this.#frozen = true;
    this.#bootstrap?.freeze();
    for (const group of this.list()) group.freeze();
  }

  /** Kills every process at once. */
  killAll(): void {
    this.#closing = true;
    this.#bootstrap?.killNow();
    for (const group of this.list()) group.killNow();
  }

  readonly #depsOf: DepsOf = (name) => this.#groups.get(name)?.task.deps;

  /**
   * Takes up what an earlier service left: its tasks with what is wanted of them, and the processes of theirs that are
   * still there. To be called once, before anything else. A task of which `isChanged` says that the configuration reads
   * otherwise by now is not started: `merge` puts the new definition in its place.
   */
  restore(isChanged: (task: Task) => boolean = () => false): void {
    const { engine, history } = this.#deps;
    const left = engine.left();
    const records = history.tasks();
    for (const record of records) this.#make(record.task);
    const noted = history.openRuns();
    // those first: a noted run of the same instance has ended before them, though its end may not have been written
    const open = Map.groupBy([...left.flatMap(this.#unnoted), ...noted], (run) => run.task);
    for (const record of records) {
      const { name } = record.task;
      this.#groups.get(name)?.restore(record, open.get(name) ?? [], history.lastRuns(name, record.createdAt));
    }
    for (const { run } of left) {
      const record = history.run(run);
      if (record === null || record.end === null) continue;
      this.#groups.get(record.task)?.instances[record.index]?.adoptLeftovers(record);
    }
    this.#restoreOthers([...open.values()].flat());
    for (const { name } of dependenciesFirst(records.map(({ task }) => task))) {
      const group = this.get(name);
      if (!isChanged(group.task)) group.resume();
    }
  }

  /** Runs of no task: the bootstrap command's is taken over, another's can only be closed. */
  #restoreOthers(open: readonly RunRecord[]): void {
    for (const run of open) {
      if (this.#groups.has(run.task)) continue;
      if (run.alias === BOOTSTRAP) this.#makeBootstrap("").adopt(run);
      else this.#deps.history.runEnded(run.run, endOfUnknown(this.#deps.clock.now().wall));
    }
  }

  /** A run that the service before could not write down, such as on a full disk, is noted now. */
  readonly #unnoted = ({ run, task, index }: LeftRun): RunRecord[] => {
    const { history, clock } = this.#deps;
    if (history.run(run) !== null || !this.#groups.has(task)) return [];
    const startedAt = Math.round(clock.now().wall);
    const start = {
      run,
      task,
      index,
      alias: aliasOf(task, index),
      trigger: "boot",
      scheduledFor: null,
    } as const;
    history.runStarting({ ...start, startedAt });
    return [{ ...start, startedAt, process: null, end: null }];
  };

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
    this.#reconsider();
    return group;
  }

  #make(task: Task): TaskGroup {
    const deps: GroupDeps = {
      ...this.#deps,
      blockersOf: (each) =>
        blockers(each.name, this.#depsOf, (name) => this.#groups.get(name)?.active ?? false),
      released: () => this.#reconsider(),
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
    this.#reconsider();
  }

  #reconsider(): void {
    if (this.#closing) return;
    for (const group of this.list()) if (group.waiting) group.reconsider();
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
  const stuck = group.instances.find(({ state }) => state.kind === "failed" && state.stuck);
  if (stuck === undefined) return;
  throw new MeprocError("conflict", `The process of ${stuck.alias} cannot be killed`, {
    hint: "It hangs in the kernel, often on a disk or network file system that does not answer",
  });
}
