/**
 * Watches the health of one run, from the moment it runs until it is told to end. The next check waits for the one before,
 * so they never overlap; what it finds is told, and what follows is not its business.
 */
import { commandWithIndex, withIndex } from "../domain/index-placeholder.ts";
import type { Health, Moment } from "../domain/instance.ts";
import type { Cancel, Clock, LineWatcher, Probe, Prober, RunRequest } from "../domain/ports.ts";
import type { Task } from "../domain/task.ts";

export interface HealthDeps {
  readonly clock: Clock;
  readonly prober: Prober;
  readonly lines: LineWatcher;
}

export interface HealthWatch {
  readonly request: RunRequest;
  readonly pid: number | null;
  /** When it was asked for, and since when it runs. */
  readonly startedAt: Moment;
  readonly since: Moment;
  /** Why it is unhealthy, else `null`. Told when it changes. */
  readonly changed: (health: Health, reason: string | null) => void;
}

type Check = NonNullable<Task["health"]>;

const INTERVAL_MS = 10_000;
const TIMEOUT_MS = 5000;
const RETRIES = 3;

/** Begins with the first check at once. */
export function watchHealth(check: Check, watch: HealthWatch, deps: HealthDeps): Cancel {
  if (check.log !== undefined) return watchLog(check.log, check, watch, deps);
  const probe = probeOf(check, watch);
  if (probe === null) return () => undefined;
  const probing = new Probing(check, probe, watch, deps);
  probing.look();
  return () => probing.cancel();
}

/** A line makes it healthy for good; if none has come at the end of its start period, it is not. */
function watchLog(pattern: string, check: Check, watch: HealthWatch, { clock, lines }: HealthDeps): Cancel {
  const { run, alias } = watch.request;
  let cancelWait: Cancel = () => undefined;
  const cancelLines = lines.watch({ run, alias, since: watch.startedAt.wall }, new RegExp(pattern), () => {
    cancelWait();
    watch.changed("healthy", null);
  });
  const startPeriodMs = check.start_period_ms ?? 0;
  if (startPeriodMs > 0)
    cancelWait = clock.at(watch.since.mono + startPeriodMs, () =>
      watch.changed("unhealthy", "no line of its output has matched"),
    );
  return () => {
    cancelLines();
    cancelWait();
  };
}

class Probing {
  readonly #check: Check;
  readonly #probe: Probe;
  readonly #watch: HealthWatch;
  readonly #deps: HealthDeps;
  readonly #over = new AbortController();
  #cancelWait: Cancel = () => undefined;
  #failures = 0;
  #health: Health = "starting";

  constructor(check: Check, probe: Probe, watch: HealthWatch, deps: HealthDeps) {
    this.#check = check;
    this.#probe = probe;
    this.#watch = watch;
    this.#deps = deps;
  }

  look(): void {
    const { timeout_ms = TIMEOUT_MS, interval_ms = INTERVAL_MS } = this.#check;
    const { prober, clock } = this.#deps;
    const { signal } = this.#over;
    const found = prober.probe(this.#watch.request, this.#probe, timeout_ms, signal).catch(wordsOf);
    void found.then((trouble) => {
      if (signal.aborted) return;
      this.#take(trouble);
      if (!signal.aborted) this.#cancelWait = clock.at(clock.now().mono + interval_ms, () => this.look());
    });
  }

  cancel(): void {
    this.#over.abort();
    this.#cancelWait();
  }

  #take(trouble: string | null): void {
    if (trouble === null) {
      this.#failures = 0;
      return this.#become("healthy", null);
    }
    const { start_period_ms = 0, retries = RETRIES } = this.#check;
    if (this.#deps.clock.now().mono < this.#watch.since.mono + start_period_ms) return;
    this.#failures++;
    if (this.#failures >= retries) this.#become("unhealthy", trouble);
  }

  #become(health: Health, reason: string | null): void {
    if (health === this.#health) return;
    this.#health = health;
    this.#watch.changed(health, reason);
  }
}

function probeOf(check: Check, { request: { index }, pid }: HealthWatch): Probe | null {
  if (check.http !== undefined) return { kind: "http", url: withIndex(check.http, index) };
  if (check.exec !== undefined) return { kind: "exec", command: commandWithIndex(check.exec, index), pid };
  if (check.tcp === undefined) return null;
  const target = withIndex(check.tcp, index);
  const colon = target.lastIndexOf(":");
  const host = target.slice(0, colon).replace(/^\[(.*)\]$/, "$1");
  return { kind: "tcp", host, port: Number(target.slice(colon + 1)) };
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : "the check itself failed";
}
