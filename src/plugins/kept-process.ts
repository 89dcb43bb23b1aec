/**
 * One process that is kept going for a companion: started, started again with growing pauses when it ends, given up on,
 * ended. What it is for is its owner's business.
 */
import type { CompanionState } from "../domain/plugins.ts";
import type { Cancel, Clock, Engine, RunHandle } from "../domain/ports.ts";
import type { Exit } from "../domain/run.ts";
import type { Task } from "../domain/task.ts";
import { type Next, afterEnd } from "./restarts.ts";

/** How long it may take to end when it is asked to. */
const GRACE_MS = 2000;
/** What hangs in the kernel then is not waited for. */
const KILL_MS = 1000;

export interface KeptProcessOptions {
  readonly clock: Clock;
  readonly engine: Pick<Engine, "start">;
  readonly newRunId: () => string;
  /** What is run; asked for at each start. */
  readonly task: () => Task;
  readonly alias: string;
  /** `null` never gives up. */
  readonly maxRestarts: () => number | null;
  /** Asks it to end by itself; it is killed if it has not in time. */
  readonly ask: (handle: RunHandle) => void;
  /** It lives. */
  readonly spawned: (handle: RunHandle) => void;
  /** It has ended, nothing of it is left, and this comes next. */
  readonly ended: (reason: string, next: AfterEnd) => void;
  /** What it came to, for the log. */
  readonly told: (level: "info" | "warn" | "error", text: string) => void;
}

/** `rest` and `anew` were asked for. */
export type AfterEnd = Next | { readonly kind: "rest" } | { readonly kind: "anew" };
type After = "again" | "anew" | "rest" | "fail";

type Phase =
  | { readonly kind: "stopped" }
  | { readonly kind: "failed" }
  | { readonly kind: "backoff"; readonly retryAt: number; readonly cancel: Cancel }
  | {
      readonly kind: "living";
      readonly run: string;
      readonly handle: RunHandle;
      pid: number | null;
      readonly since: number;
      readonly startedAt: number;
      ready: boolean;
      /** Why we end it; `null` while we do not. */
      verdict: { readonly reason: string; readonly next: After } | null;
      exit: string | null;
      kill: Cancel | null;
    };

export class KeptProcess {
  readonly #options: KeptProcessOptions;
  #phase: Phase = { kind: "stopped" };
  #reason: string | null = null;
  #streak = 0;
  #restarts = 0;
  #whenRest = Promise.withResolvers<void>();

  constructor(options: KeptProcessOptions) {
    this.#options = options;
  }

  get state(): {
    state: CompanionState;
    reason: string | null;
    pid: number | null;
    startedAt: number | null;
    retryAt: number | null;
    restarts: number;
  } {
    const phase = this.#phase;
    const living = phase.kind === "living" ? phase : null;
    return {
      state: stateOf(phase),
      reason: living?.verdict?.reason ?? this.#reason,
      pid: living?.pid ?? null,
      startedAt: living?.startedAt ?? null,
      retryAt: phase.kind === "backoff" ? phase.retryAt : null,
      restarts: this.#restarts,
    };
  }

  get living(): boolean {
    return this.#phase.kind === "living" && this.#phase.verdict === null;
  }

  start(): void {
    if (this.#phase.kind === "living") return;
    if (this.#phase.kind === "backoff") this.#phase.cancel();
    const { clock, engine, task, alias, newRunId } = this.#options;
    const { mono, wall } = clock.now();
    const run = newRunId();
    const handle = engine.start(
      { run, task: task(), index: 0, alias },
      {
        spawned: (process) => this.#spawned(run, process?.pid ?? null),
        failed: (reason) => this.#ended(run, reason),
        exited: (exit) => this.#exited(run, exit),
        gone: () => this.#gone(run),
      },
    );
    this.#phase = {
      kind: "living",
      run,
      handle,
      pid: null,
      since: mono,
      startedAt: wall,
      ready: false,
      verdict: null,
      exit: null,
      kill: null,
    };
  }

  /** It does what it is for: what was wrong is over. */
  ready(): void {
    if (this.#phase.kind !== "living") return;
    this.#phase.ready = true;
    this.#reason = null;
  }

  /** Something is wrong with it: it is killed, and started again as the pauses allow. */
  condemn(reason: string): void {
    this.#end({ reason, next: "again" }, 0);
  }

  /** It is no use to try again. */
  giveUp(reason: string): void {
    if (this.#phase.kind === "living") return this.#end({ reason, next: "fail" }, 0);
    this.#fail(reason);
  }

  /** Ends it, and starts it anew: nothing is held against it. */
  restart(reason: string): void {
    this.#streak = 0;
    if (this.#phase.kind === "living") return this.#end({ reason, next: "anew" }, GRACE_MS);
    this.start();
  }

  /** Settles when nothing of it is left. */
  async stop(graceMs = GRACE_MS): Promise<void> {
    if (this.#phase.kind === "backoff") this.#phase.cancel();
    if (this.#phase.kind !== "living") {
      this.#phase = { kind: "stopped" };
      return;
    }
    this.#phase.verdict = null;
    this.#whenRest = Promise.withResolvers();
    this.#end({ reason: "stopped", next: "rest" }, graceMs);
    const { clock } = this.#options;
    const cancel = clock.at(clock.now().mono + graceMs + KILL_MS, () => this.#whenRest.resolve());
    await this.#whenRest.promise;
    cancel();
  }

  #end(verdict: { reason: string; next: After }, graceMs: number): void {
    const phase = this.#phase;
    if (phase.kind !== "living" || phase.verdict !== null) return;
    phase.verdict = verdict;
    if (graceMs === 0) return phase.handle.kill();
    const { clock, ask } = this.#options;
    phase.kill = clock.at(clock.now().mono + graceMs, () => phase.handle.kill());
    ask(phase.handle);
  }

  #spawned(run: string, pid: number | null): void {
    const phase = this.#phase;
    if (phase.kind !== "living" || phase.run !== run) return;
    phase.pid = pid;
    this.#options.spawned(phase.handle);
  }

  #exited(run: string, exit: Exit | null): void {
    const phase = this.#phase;
    if (phase.kind !== "living" || phase.run !== run) return;
    phase.exit = inWords(exit);
    // what it has left in the background goes with it
    phase.handle.kill();
  }

  #gone(run: string): void {
    const phase = this.#phase;
    if (phase.kind === "living" && phase.run === run) this.#ended(run, phase.exit ?? "it ended");
  }

  #ended(run: string, how: string): void {
    const phase = this.#phase;
    if (phase.kind !== "living" || phase.run !== run) return;
    phase.kill?.();
    const after = phase.verdict?.next ?? "again";
    const reason = phase.verdict?.reason ?? how;
    const lived = phase.ready ? this.#options.clock.now().mono - phase.since : 0;
    this.#phase = { kind: "stopped" };
    const next = this.#next(after, reason, lived);
    this.#options.ended(reason, next);
    switch (next.kind) {
      case "rest":
        return this.#whenRest.resolve();
      case "anew":
        return this.start();
      case "give_up":
        return this.#fail(next.reason);
      case "again":
        return this.#again(reason, next);
    }
  }

  #next(after: After, reason: string, lived: number): AfterEnd {
    if (after === "rest" || after === "anew") return { kind: after };
    if (after === "fail") return { kind: "give_up", reason };
    return afterEnd(this.#streak, lived, this.#options.maxRestarts(), reason);
  }

  #again(reason: string, { delayMs, streak }: Extract<Next, { kind: "again" }>): void {
    const { clock, told } = this.#options;
    const { mono, wall } = clock.now();
    this.#streak = streak;
    this.#restarts++;
    this.#reason = reason;
    told("warn", `${reason}; it is started again in ${delayMs} ms`);
    const cancel = clock.at(mono + delayMs, () => this.start());
    this.#phase = { kind: "backoff", retryAt: wall + delayMs, cancel };
  }

  #fail(reason: string): void {
    if (this.#phase.kind === "backoff") this.#phase.cancel();
    this.#phase = { kind: "failed" };
    this.#reason = reason;
    this.#options.told("error", reason);
  }
}

function stateOf(phase: Phase): CompanionState {
  if (phase.kind !== "living") return phase.kind;
  if (phase.verdict !== null) return "stopping";
  return phase.ready ? "running" : "starting";
}

function inWords(exit: Exit | null): string {
  if (exit === null) return "it ended";
  if (exit.exit_signal !== null) return `it was ended by ${exit.exit_signal}`;
  return `it exited with code ${exit.exit_code}`;
}
