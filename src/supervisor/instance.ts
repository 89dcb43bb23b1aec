/**
 * One instance: the shell around the pure machine. It owns the state (one writer, `take`), the mailbox and the timer. It
 * does not decide what comes next; the machine does, its group answers for the dependencies, its runs are kept by `Runs`
 * and looked after by `Monitors`. A schedule that allows overlap has further lives of it beside it: `Extras`.
 */
import type { Actor } from "../domain/fact.ts";
import type { RunRecord } from "../domain/history.ts";
import { type Cause, type Health, type InstanceState, isActive } from "../domain/instance.ts";
import type { Cancel, LineWatcher, Prober, TreeUsage } from "../domain/ports.ts";
import type { Outcome, RunId, Trigger } from "../domain/run.ts";
import type { Signal } from "../domain/task-policies.ts";
import { type Task, aliasOf } from "../domain/task.ts";
import { Extras } from "./extras.ts";
import { type Effect, type Input, MOVES, wakeAt } from "./lifecycle.ts";
import { step } from "./machine.ts";
import { Monitors } from "./monitors.ts";
import { type Policy, policyOf } from "./policy.ts";
import { type LastRun, type LiveRun, type Place, Runs, type RunsDeps } from "./runs.ts";
import { type StateFact, factOf } from "./state-fact.ts";

export interface InstanceDeps extends RunsDeps {
  readonly prober: Prober;
  readonly lines: LineWatcher;
  readonly newRunId: () => RunId;
  readonly random: () => number;
  /** State or health have changed. In `waiting` an answer is due: `depsMet` or `depsUnmet`. */
  readonly changed: (instance: Instance) => void;
}

/** How a restart differs from one that an operator asks for. */
export interface Again {
  readonly trigger?: Trigger;
  readonly scheduledFor?: number | null;
  /** Why, in words: noted of the run that ends. */
  readonly reason?: string;
}

export class Instance {
  readonly alias: string;
  readonly index: number;
  /** How often it was started again by its policy. */
  restarts = 0;
  /** Its last run, if that has ended since it was last asked to start. */
  completed: LastRun | null = null;
  #state: InstanceState;
  #policy: Policy;
  readonly #place: Place;
  readonly #deps: InstanceDeps;
  readonly #mailbox: { input: Input; by: Actor }[] = [];
  #draining = false;
  readonly #runs: Runs;
  readonly #monitors: Monitors;
  readonly #extras: Extras;
  /** Who asked last for what is under way. */
  #actor: Actor = "service";
  #timer: { readonly due: number; readonly cancel: Cancel } | null = null;
  readonly #whenGone: (() => void)[] = [];
  readonly #whenStarted: (() => void)[] = [];

  constructor(task: Task, index: number, deps: InstanceDeps, alias = aliasOf(task.name, index)) {
    this.index = index;
    this.alias = alias;
    this.#place = { task, index, alias };
    this.#policy = policyOf(task);
    this.#deps = deps;
    this.#runs = new Runs(this.#place, deps, (input) => this.#post(input, "policy"));
    this.#monitors = new Monitors(deps, {
      health: (from, to, reason) => this.#tellHealth(from, to, reason),
      condemn: (outcome) => this.#condemn(outcome),
    });
    this.#extras = new Extras(() => new Instance(this.task, index, this.#extraDeps, alias));
    this.#state = { kind: "stopped", since: deps.clock.now() };
  }

  get task(): Task {
    return this.#place.task;
  }

  /** While only a run beside its own goes on, that one's. */
  get state(): InstanceState {
    return isActive(this.#state) ? this.#state : (this.#extras.telling?.state ?? this.#state);
  }

  /** A process of it cannot be ended. */
  get stuck(): boolean {
    const { state } = this;
    return state.kind === "failed" && state.stuck !== null;
  }

  get active(): boolean {
    return isActive(this.#state) || this.#extras.active !== null;
  }

  /** It is on its way to a start that somebody asked for, or to rest: its siblings wait for it. */
  get leaving(): boolean {
    return this.#state.kind === "stopping" && this.#state.next.kind !== "policy";
  }

  /** An answer is due: `depsMet` or `depsUnmet`. */
  get waiting(): boolean {
    return this.#state.kind === "waiting" || this.#extras.waiting;
  }

  get health(): Health {
    return this.#monitors.health;
  }

  /** Why it is unhealthy; `null` if it is not. */
  get healthReason(): string | null {
    return this.#monitors.reason;
  }

  /** The run whose process is alive, if any. */
  get live(): LiveRun | null {
    return this.#runs.live ?? this.#extras.lives[0] ?? null;
  }

  /** All its runs whose process is alive; several where its schedule allows overlap. */
  get lives(): readonly LiveRun[] {
    const { live } = this.#runs;
    return live === null ? this.#extras.lives : [live, ...this.#extras.lives];
  }

  get last(): LastRun | null {
    return this.#extras.later(this.#runs.last);
  }

  get waitingFor(): readonly string[] {
    const { state } = this;
    return state.kind === "waiting" ? state.waitingFor : [];
  }

  /** `scheduledFor` is the time of the schedule that asks for it, in Unix ms. */
  start(trigger: Trigger, scheduledFor: number | null = null, by: Actor = actorOf(trigger)): void {
    this.#post({ kind: "start", cause: { trigger, scheduledFor } }, by);
  }

  /** Starts a run beside what goes on; if nothing does, its own. */
  startExtra(trigger: Trigger, scheduledFor: number | null = null, by: Actor = actorOf(trigger)): void {
    if (isActive(this.#state)) this.#extras.make().start(trigger, scheduledFor, by);
    else this.start(trigger, scheduledFor, by);
  }

  /** The definition has changed; what goes on does so under the new one. */
  update(task: Task): void {
    this.#runs.update(task);
    this.#policy = policyOf(task);
    this.#monitors.update(task);
    this.#extras.update(task);
    this.#schedule();
  }

  /** Sends a signal to its process. Throws `conflict` where there is none. */
  signal(signal: Signal): void {
    this.#runs.signal(signal);
  }

  /** Writes to the stdin of its process; settles when it has been taken. Throws `conflict` where that keeps none open. */
  write(bytes: Uint8Array): Promise<void> {
    return this.#runs.write(bytes);
  }

  /** What its processes use, looked at now; `null` where there is none. */
  usage(): TreeUsage | null {
    return this.#runs.usage();
  }

  /** Takes over what an earlier service left of a run that has no end yet; if it has ended, only a `wanted` one goes on. */
  adopt(record: RunRecord, wanted: boolean): void {
    const beside = isActive(this.#state) && this.task.schedule?.overlap === "allow";
    if (!beside) return this.#runs.adopt(record, wanted);
    const extra = this.#extras.make();
    extra.adopt(record, wanted);
    this.#extras.settle(extra);
  }

  /** Takes over what is left in the background of a run that has an end. */
  adoptLeftovers(record: RunRecord): void {
    this.#runs.adoptLeftovers(record);
  }

  /** How its last run ended is known from the history; `rests` says that this is where it stands. */
  recall(record: RunRecord, rests: boolean): void {
    this.#runs.recall(record);
    if (!rests || record.end === null) return;
    this.completed = this.#runs.last;
    this.#post({ kind: "recalled", outcome: record.end.outcome }, "service");
  }

  depsMet(): void {
    if (this.#state.kind === "waiting") this.#post({ kind: "deps_met", run: this.#deps.newRunId() });
    this.#extras.depsMet();
  }

  depsUnmet(waitingFor: readonly string[]): void {
    this.#post({ kind: "deps_unmet", waitingFor });
    this.#extras.depsUnmet(waitingFor);
  }

  /** Stops and settles when nothing of it is left. */
  async stop(by: Actor = "service"): Promise<void> {
    this.#post({ kind: "stop" }, by);
    await Promise.all([this.#settled(), this.#extras.stop(by)]);
  }

  /** Stops and starts again; settles when the old processes are gone. */
  async restart(by: Actor = "api", again: Again = {}): Promise<void> {
    const { trigger = "api", scheduledFor = null, reason = null } = again;
    this.#post({ kind: "restart", cause: { trigger, scheduledFor }, why: reason }, by);
    await Promise.all([this.#settled(), this.#extras.stop(by)]);
  }

  /** What happens to its processes from here on is the next service's to find. */
  freeze(): void {
    this.#runs.freeze();
    this.#monitors.end();
    this.#timer?.cancel();
    this.#timer = null;
    this.#extras.freeze();
  }

  /** Kills at once, without a warning signal. */
  killNow(): void {
    this.#runs.kill();
    this.#extras.killNow();
  }

  /** Settles when it is no longer just being started. */
  started(): Promise<void> {
    if (this.#state.kind !== "starting") return Promise.resolve();
    return new Promise((resolve) => this.#whenStarted.push(resolve));
  }

  get #extraDeps(): InstanceDeps {
    const changed = (extra: Instance) => {
      this.#extras.settle(extra);
      this.#deps.changed(this);
    };
    return { ...this.#deps, changed };
  }

  #settled(): Promise<void> {
    if (this.#state.kind !== "stopping") return Promise.resolve();
    return new Promise((resolve) => this.#whenGone.push(resolve));
  }

  #condemn(outcome: Outcome): void {
    if (this.#state.kind === "running") this.#post({ kind: "condemn", run: this.#state.run, outcome });
  }

  #post(input: Input, by: Actor = "policy"): void {
    if (this.#runs.frozen) return;
    this.#mailbox.push({ input, by });
    if (this.#draining) return;
    this.#draining = true;
    try {
      for (let next = this.#mailbox.shift(); next !== undefined; next = this.#mailbox.shift())
        this.#take(next.input, next.by);
    } finally {
      this.#draining = false;
    }
  }

  /** The one place where the state is written. */
  #take(input: Input, by: Actor): void {
    const before = this.#state;
    const context = { leftovers: this.#runs.any, random: this.#deps.random() };
    const { state, effects } = step(before, input, this.#policy, context, this.#deps.clock.now());
    if (state === before && effects.length === 0) return;
    const legal: readonly string[] = MOVES[before.kind];
    if (!legal.includes(state.kind))
      throw new Error(`illegal move ${before.kind} → ${state.kind} on ${input.kind}`);
    this.#state = state;
    if (isAsked(input)) this.#actor = by;
    this.#complete(before, state, input);
    this.#schedule();
    this.#watch(before, state);
    this.#tell(before, state);
    for (const effect of effects) this.#perform(effect);
    if (before.kind === "stopping" && state.kind !== "stopping") release(this.#whenGone);
    if (before.kind === "starting" && state.kind !== "starting") release(this.#whenStarted);
    this.#deps.changed(this);
  }

  #complete(before: InstanceState, state: InstanceState, { kind }: Input): void {
    const isAskedToStart = kind === "start" || kind === "restart" || state.kind === "waiting";
    if (isAskedToStart) this.completed = null;
    else if (isLive(before) && !isLive(state)) this.completed = this.#runs.last;
  }

  #schedule(): void {
    const due = this.#runs.frozen ? null : wakeAt(this.#state, this.#policy);
    if (due === (this.#timer?.due ?? null)) return;
    this.#timer?.cancel();
    this.#timer = null;
    if (due === null) return;
    const tick = () => {
      this.#timer = null;
      this.#post({ kind: "tick", run: this.#deps.newRunId() });
    };
    if (due <= this.#deps.clock.now().mono) tick();
    else this.#timer = { due, cancel: this.#deps.clock.at(due, tick) };
  }

  #watch(before: InstanceState, state: InstanceState): void {
    if (before.kind === "running" && state.kind !== "running") this.#monitors.end();
    if (state.kind !== "running" || before.kind === "running") return;
    const { run, pid, since } = state;
    const startedAt = this.#runs.live?.startedAt ?? since;
    const request = this.#runs.request(run);
    this.#monitors.begin({ request, pid, startedAt, since, usage: () => this.#runs.usage() });
  }

  #perform(effect: Effect): void {
    switch (effect.kind) {
      case "spawn":
        return this.#spawn(effect.run, effect.cause);
      case "terminate":
        return this.#runs.terminate(effect.verdict);
      case "kill":
        return this.#runs.kill();
    }
  }

  #spawn(run: RunId, cause: Cause): void {
    const again = cause.trigger === "restart";
    if (again) this.restarts++;
    this.#runs.spawn(run, cause, again ? "policy" : this.#actor);
  }

  #tell(before: InstanceState, state: InstanceState): void {
    const fact = factOf(before, state, this.#actor);
    if (fact !== null) this.#publish(fact);
  }

  #tellHealth(from: Health, to: Health, reason: string | null): void {
    if (to === "healthy") this.#publish({ kind: "instance.healthy", from, to });
    if (to === "unhealthy") this.#publish({ kind: "instance.unhealthy", from, to, reason: reason ?? "" });
    this.#deps.changed(this);
  }

  #publish(fact: StateFact): void {
    const { task, alias, index } = this;
    this.#deps.publish({ ...fact, task: task.name, type: task.type, alias, index });
  }
}

function isAsked({ kind }: Input): boolean {
  return kind === "start" || kind === "stop" || kind === "restart";
}

/** It has a run of its own, or is being rid of it. */
function isLive({ kind }: InstanceState): boolean {
  return kind === "starting" || kind === "running" || kind === "stopping";
}

function actorOf(trigger: Trigger): Actor {
  if (trigger === "schedule" || trigger === "catch_up") return "schedule";
  if (trigger === "boot" || trigger === "dependency") return "service";
  return trigger === "restart" ? "policy" : "api";
}

function release(waiting: (() => void)[]): void {
  for (const resolve of waiting.splice(0)) resolve();
}
