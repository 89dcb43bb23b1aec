/**
 * One instance: the shell around the pure machine. It owns the state (one writer, `take`), the mailbox and the timer. It
 * does not decide what comes next; the machine does, its group answers for the dependencies, and its runs are kept by `Runs`.
 */
import type { RunRecord } from "../domain/history.ts";
import type { Actor } from "../domain/fact.ts";
import { type Health, type InstanceState, isActive } from "../domain/instance.ts";
import type { Cancel, TreeUsage } from "../domain/ports.ts";
import type { RunId, Trigger } from "../domain/run.ts";
import type { Signal } from "../domain/task-policies.ts";
import { type Task, aliasOf } from "../domain/task.ts";
import { type Effect, type Input, MOVES, type Policy, step, wakeAt } from "./machine.ts";
import { type LastRun, Runs, type RunsDeps } from "./runs.ts";

export interface InstanceDeps extends RunsDeps {
  readonly newRunId: () => RunId;
  readonly random: () => number;
  /** The state has changed. In `waiting` an answer is due: `depsMet` or `depsUnmet`. */
  readonly changed: (instance: Instance) => void;
}

export class Instance {
  readonly alias: string;
  readonly index: number;
  /** Not watched yet, or nothing to watch. */
  readonly health: Health = "none";
  /** How often it was started again by its policy. */
  restarts = 0;
  #state: InstanceState;
  #task: Task;
  #policy: Policy;
  readonly #deps: InstanceDeps;
  readonly #mailbox: Input[] = [];
  #draining = false;
  readonly #runs: Runs;
  #scheduledFor: number | null = null;
  #timer: Cancel | null = null;
  readonly #whenGone: (() => void)[] = [];
  readonly #whenStarted: (() => void)[] = [];

  constructor(
    task: Task,
    index: number,
    policy: Policy,
    deps: InstanceDeps,
    alias = aliasOf(task.name, index),
  ) {
    this.#task = task;
    this.index = index;
    this.alias = alias;
    this.#policy = policy;
    this.#deps = deps;
    this.#runs = new Runs(this, deps, (input) => this.#post(input));
    this.#state = { kind: "stopped", since: deps.clock.now() };
  }

  get task(): Task {
    return this.#task;
  }

  /** Another definition of the same task, from now on. What runs goes on. */
  update(task: Task, policy: Policy): void {
    this.#task = task;
    this.#policy = policy;
  }

  get state(): InstanceState {
    return this.#state;
  }

  get active(): boolean {
    return isActive(this.#state);
  }

  /** The run whose process is alive, if any. */
  get live(): Runs["live"] {
    return this.#runs.live;
  }

  get last(): LastRun | null {
    return this.#runs.last;
  }

  get waitingFor(): readonly string[] {
    return this.#state.kind === "waiting" ? this.#state.waitingFor : [];
  }

  /** `scheduledFor` is the time of the schedule that asks for it, in Unix ms. */
  start(trigger: Trigger, scheduledFor: number | null = null, _by?: Actor): void {
    this.#scheduledFor = scheduledFor;
    this.#post({ kind: "start", trigger });
  }

  /** Takes over what an earlier service left of a run that has no end yet; if it has ended, only a `wanted` one goes on. */
  adopt(record: RunRecord, wanted: boolean): void {
    this.#runs.adopt(record, wanted);
  }

  /** Takes over what is left in the background of a run that has an end. */
  adoptLeftovers(record: RunRecord): void {
    this.#runs.adoptLeftovers(record);
  }

  /** How its last run ended is known from the history; `rests` says that this is where it stands. */
  recall(record: RunRecord, rests: boolean): void {
    this.#runs.recall(record);
    if (rests && record.end !== null) this.#post({ kind: "recalled", outcome: record.end.outcome });
  }

  depsMet(): void {
    this.#post({ kind: "deps_met", run: this.#deps.newRunId() });
  }

  depsUnmet(waitingFor: readonly string[]): void {
    this.#post({ kind: "deps_unmet", waitingFor });
  }

  /** Stops and settles when nothing of it is left. */
  stop(_by?: Actor): Promise<void> {
    this.#post({ kind: "stop" });
    return this.#settled();
  }

  /** Stops and starts again; settles when the old processes are gone. */
  restart(_by?: Actor): Promise<void> {
    this.#post({ kind: "restart" });
    return this.#settled();
  }

  /** Throws `conflict` where nothing runs, or nothing that takes signals. */
  signal(signal: Signal): void {
    this.#runs.signal(signal);
  }

  /** Throws `conflict` where nothing runs, or its task keeps no stdin open. */
  write(bytes: Uint8Array): Promise<void> {
    return this.#runs.write(bytes);
  }

  usage(): TreeUsage | null {
    return this.#runs.usage();
  }

  /** What happens to its processes from here on is the next service's to find. */
  freeze(): void {
    this.#runs.freeze();
    this.#timer?.();
    this.#timer = null;
  }

  /** Kills at once, without a warning signal. */
  killNow(): void {
    this.#runs.kill();
  }

  /** Settles when it is no longer just being started. */
  started(): Promise<void> {
    if (this.#state.kind !== "starting") return Promise.resolve();
    return new Promise((resolve) => this.#whenStarted.push(resolve));
  }

  #settled(): Promise<void> {
    if (this.#state.kind !== "stopping") return Promise.resolve();
    return new Promise((resolve) => this.#whenGone.push(resolve));
  }

  #post(input: Input): void {
    if (this.#runs.frozen) return;
    this.#mailbox.push(input);
    if (this.#draining) return;
    this.#draining = true;
    try {
      for (let next = this.#mailbox.shift(); next !== undefined; next = this.#mailbox.shift())
        this.#take(next);
    } finally {
      this.#draining = false;
    }
  }

  /** The one place where the state is written. */
  #take(input: Input): void {
    const before = this.#state;
    const context = { leftovers: this.#runs.any, random: this.#deps.random() };
    const { state, effects } = step(before, input, this.#policy, context, this.#deps.clock.now());
    if (state === before && effects.length === 0) return;
    const legal: readonly string[] = MOVES[before.kind];
    if (!legal.includes(state.kind))
      throw new Error(`illegal move ${before.kind} → ${state.kind} on ${input.kind}`);
    this.#state = state;
    this.#schedule(before);
    this.#tell(before, state);
    for (const effect of effects) this.#perform(effect);
    if (before.kind === "stopping" && state.kind !== "stopping") release(this.#whenGone);
    if (before.kind === "starting" && state.kind !== "starting") release(this.#whenStarted);
    this.#deps.changed(this);
  }

  #schedule(before: InstanceState): void {
    const due = wakeAt(this.#state);
    if (due === wakeAt(before) && this.#timer !== null) return;
    this.#timer?.();
    this.#timer = null;
    if (due === null) return;
    const tick = () => {
      this.#timer = null;
      this.#post({ kind: "tick", run: this.#deps.newRunId() });
    };
    if (due <= this.#deps.clock.now().mono) tick();
    else this.#timer = this.#deps.clock.at(due, tick);
  }

  #perform(effect: Effect): void {
    switch (effect.kind) {
      case "spawn":
        if (effect.trigger === "restart") this.restarts++;
        return this.#runs.spawn(effect.run, effect.trigger, this.#scheduledFor);
      case "terminate":
        return this.#runs.terminate();
      case "kill":
        return this.killNow();
    }
  }

  #tell(before: InstanceState, state: InstanceState): void {
    switch (state.kind) {
      case "waiting":
        if (state.waitingFor.length > 0)
          this.#publish({ kind: "instance.waiting", waiting_for: state.waitingFor });
        return;
      case "backoff": {
        const retry_at = new Date(state.retryAt.wall).toISOString();
        const delay_ms = Math.round(state.retryAt.mono - state.since.mono);
        return this.#publish({ kind: "instance.backoff", retry_at, delay_ms, reason: state.last.reason });
      }
      case "stopping":
        if (before.kind !== "stopping") return this.#publish({ kind: "instance.stopping", pid: state.pid });
        if (before.phase !== state.phase) this.#publish({ kind: "instance.killing", pid: state.pid });
        return;
      case "stopped":
        return before.kind === "stopped" ? undefined : this.#publish({ kind: "instance.stopped" });
      case "failed":
        // what is recalled has been told before
        return before.kind === "stopped"
          ? undefined
          : this.#publish({ kind: "instance.failed", reason: state.reason });
      case "scheduled":
      case "starting":
      case "running":
      case "exited":
        return;
    }
  }

  #publish(
    fact:
      | { kind: "instance.waiting"; waiting_for: readonly string[] }
      | { kind: "instance.backoff"; retry_at: string; delay_ms: number; reason: string | null }
      | { kind: "instance.stopping" | "instance.killing"; pid: number | null }
      | { kind: "instance.stopped" }
      | { kind: "instance.failed"; reason: string },
  ): void {
    const { task, alias, index } = this;
    this.#deps.publish({ ...fact, task: task.name, type: task.type, alias, index });
  }
}

function release(waiting: (() => void)[]): void {
  for (const resolve of waiting.splice(0)) resolve();
}
