/**
 * One instance: the shell around the pure machine. It owns the state (one writer, `take`), the mailbox, the timer
 * and the handles of the runs. It does not decide what comes next; the machine does, and its group answers for the
 * dependencies.
 */
import { type InstanceState, type Moment, isActive } from "../domain/instance.ts";
import type { FactBody } from "../domain/fact.ts";
import type { Cancel, Clock, Engine, Publish, RunHandle } from "../domain/ports.ts";
import { type Exit, type Outcome, type RunId, type Trigger, type Usage, outcomeOf } from "../domain/run.ts";
import { type Task, aliasOf } from "../domain/task.ts";
import { type Effect, type Input, MOVES, type Policy, step, wakeAt } from "./machine.ts";

export interface InstanceDeps {
  readonly clock: Clock;
  readonly engine: Engine;
  readonly publish: Publish;
  readonly newRunId: () => RunId;
  readonly random: () => number;
  /** The state has changed. In `waiting` an answer is due: `depsMet` or `depsUnmet`. */
  readonly changed: (instance: Instance) => void;
}

export interface LastRun {
  readonly run: RunId;
  readonly startedAt: Moment;
  readonly endedAt: Moment;
  readonly outcome: Outcome;
}

interface OpenRun {
  readonly run: RunId;
  readonly trigger: Trigger;
  readonly startedAt: Moment;
  handle: RunHandle | null;
  pid: number | null;
  stoppedByUs: boolean;
  exited: boolean;
}

export class Instance {
  readonly alias: string;
  readonly task: Task;
  readonly index: number;
  /** How often it was started again by its policy. */
  restarts = 0;
  last: LastRun | null = null;
  #state: InstanceState;
  readonly #policy: Policy;
  readonly #deps: InstanceDeps;
  readonly #mailbox: Input[] = [];
  #draining = false;
  /** Runs of which something is left: the current one, and earlier ones with processes in the background. */
  readonly #open = new Map<RunId, OpenRun>();
  #timer: Cancel | null = null;
  #whenGone: (() => void)[] = [];

  constructor(
    task: Task,
    index: number,
    policy: Policy,
    deps: InstanceDeps,
    alias = aliasOf(task.name, index),
  ) {
    this.task = task;
    this.index = index;
    this.alias = alias;
    this.#policy = policy;
    this.#deps = deps;
    this.#state = { kind: "stopped", since: deps.clock.now() };
  }

  get state(): InstanceState {
    return this.#state;
  }

  get active(): boolean {
    return isActive(this.#state);
  }

  /** The run whose process is alive, if any. */
  get live(): { readonly run: RunId; readonly pid: number | null; readonly startedAt: Moment } | null {
    for (const open of this.#open.values()) if (!open.exited && open.handle !== null) return open;
    return null;
  }

  get waitingFor(): readonly string[] {
    return this.#state.kind === "waiting" ? this.#state.waitingFor : [];
  }

  start(trigger: Trigger): void {
    this.#post({ kind: "start", trigger });
  }

  depsMet(): void {
    this.#post({ kind: "deps_met", run: this.#deps.newRunId() });
  }

  depsUnmet(waitingFor: readonly string[]): void {
    this.#post({ kind: "deps_unmet", waitingFor });
  }

  /** Stops and settles when nothing of it is left. */
  stop(): Promise<void> {
    this.#post({ kind: "stop" });
    return this.#settled();
  }

  /** Stops and starts again; settles when the old processes are gone. */
  restart(): Promise<void> {
    this.#post({ kind: "restart" });
    return this.#settled();
  }

  /** Kills at once, without a warning signal. */
  killNow(): void {
    for (const open of this.#open.values()) open.handle?.kill();
  }

  #settled(): Promise<void> {
    if (this.#state.kind !== "stopping") return Promise.resolve();
    return new Promise((resolve) => this.#whenGone.push(resolve));
  }

  #post(input: Input): void {
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
    const context = { leftovers: this.#open.size > 0, random: this.#deps.random() };
    const { state, effects } = step(before, input, this.#policy, context, this.#deps.clock.now());
    if (state === before && effects.length === 0) return;
    const legal: readonly string[] = MOVES[before.kind];
    if (!legal.includes(state.kind))
      throw new Error(`illegal move ${before.kind} → ${state.kind} on ${input.kind}`);
    this.#state = state;
    this.#schedule(before);
    this.#tell(before, state);
    for (const effect of effects) this.#perform(effect);
    if (before.kind === "stopping" && state.kind !== "stopping") this.#release();
    this.#deps.changed(this);
  }

  #release(): void {
    for (const resolve of this.#whenGone.splice(0)) resolve();
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
        return this.#spawn(effect.run, effect.trigger);
      case "terminate":
        for (const open of this.#open.values()) {
          open.stoppedByUs = true;
          open.handle?.terminate();
        }
        return;
      case "kill":
        return this.killNow();
    }
  }

  #spawn(run: RunId, trigger: Trigger): void {
    const { clock, engine } = this.#deps;
    if (trigger === "restart") this.restarts++;
    const startedAt = clock.now();
    const open: OpenRun = {
      run,
      trigger,
      startedAt,
      handle: null,
      pid: null,
      stoppedByUs: false,
      exited: false,
    };
    this.#open.set(run, open);
    open.handle = engine.start(
      { run, task: this.task, index: this.index, alias: this.alias },
      {
        spawned: (pid) => {
          open.pid = pid;
          this.#publishRun({ kind: "run.started", pid, trigger }, run);
          this.#post({ kind: "spawned", run, pid });
        },
        failed: (reason) => this.#spawnFailed(open, reason),
        exited: (exit, usage) => this.#exited(open, exit, usage),
        gone: () => this.#gone(open),
      },
    );
  }

  #spawnFailed(open: OpenRun, reason: string): void {
    open.exited = true;
    this.#open.delete(open.run);
    const result = open.stoppedByUs ? "stopped" : "spawn_error";
    const outcome: Outcome = { result, exit_code: null, exit_signal: null, reason };
    this.#finish(open, outcome, { max_rss_bytes: null, cpu_ms: null });
    this.#post({ kind: "spawn_failed", run: open.run, reason });
    this.#tellGone();
  }

  #exited(open: OpenRun, exit: Exit, usage: Usage): void {
    open.exited = true;
    const outcome = outcomeOf(exit, open.stoppedByUs);
    this.#finish(open, outcome, usage);
    this.#post({ kind: "exited", run: open.run, outcome });
  }

  #finish(open: OpenRun, outcome: Outcome, usage: Usage): void {
    const endedAt = this.#deps.clock.now();
    this.last = { run: open.run, startedAt: open.startedAt, endedAt, outcome };
    const duration_ms = Math.round(endedAt.mono - open.startedAt.mono);
    this.#publishRun({ kind: "run.finished", pid: open.pid, outcome, duration_ms, usage }, open.run);
  }

  #gone(open: OpenRun): void {
    this.#open.delete(open.run);
    this.#tellGone();
  }

  #tellGone(): void {
    if (this.#open.size === 0) this.#post({ kind: "gone" });
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
        return this.#publish({ kind: "instance.failed", reason: state.reason });
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
    this.#deps.publish({ ...fact, ...this.#origin() });
  }

  #publishRun(
    fact:
      | { kind: "run.started"; pid: number | null; trigger: Trigger }
      | { kind: "run.finished"; pid: number | null; outcome: Outcome; duration_ms: number; usage: Usage },
    run: RunId,
  ): void {
    const body: FactBody = { ...fact, ...this.#origin(), run };
    this.#deps.publish(body);
  }

  #origin() {
    return { task: this.task.name, type: this.task.type, alias: this.alias, index: this.index };
  }
}
