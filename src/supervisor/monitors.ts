/** What is looked at while a run goes on: its health and its memory. It condemns a run that breaks its task's rules. */
import { isDeepStrictEqual } from "node:util";
import type { Health, Moment } from "../domain/instance.ts";
import type { Cancel, RunRequest, TreeUsage } from "../domain/ports.ts";
import { type Outcome, verdict } from "../domain/run.ts";
import type { Task } from "../domain/task.ts";
import { type HealthDeps, watchHealth } from "./health.ts";
import { watchMemory } from "./memory.ts";

export interface Watched {
  readonly request: RunRequest;
  readonly pid: number | null;
  /** When it was asked for, and since when it runs. */
  readonly startedAt: Moment;
  readonly since: Moment;
  readonly usage: () => TreeUsage | null;
}

/** What is told of a run. */
export interface Findings {
  health(from: Health, to: Health, reason: string | null): void;
  condemn(outcome: Outcome): void;
}

export class Monitors {
  health: Health = "none";
  /** Why it is unhealthy. */
  reason: string | null = null;
  readonly #deps: HealthDeps;
  readonly #findings: Findings;
  #watched: Watched | null = null;
  #check: Task["health"] = null;
  #limit: number | null = null;
  #cancelHealth: Cancel | null = null;
  #cancelMemory: Cancel | null = null;

  constructor(deps: HealthDeps, findings: Findings) {
    this.#deps = deps;
    this.#findings = findings;
  }

  begin(watched: Watched): void {
    this.#watched = watched;
    this.#look(watched);
  }

  end(): void {
    this.#cancelHealth?.();
    this.#cancelMemory?.();
    this.#cancelHealth = null;
    this.#cancelMemory = null;
    this.#watched = null;
    this.#check = null;
    this.#limit = null;
    this.health = "none";
    this.reason = null;
  }

  /** The definition has changed: what it says otherwise begins anew. */
  update(task: Task): void {
    if (this.#watched === null) return;
    const { request } = this.#watched;
    this.#watched = { ...this.#watched, request: { ...request, task } };
    this.#look(this.#watched);
  }

  #look(watched: Watched): void {
    const { health, max_memory_bytes } = watched.request.task;
    if (!isDeepStrictEqual(health, this.#check)) this.#lookAtHealth(watched);
    if (max_memory_bytes !== this.#limit) this.#lookAtMemory(watched);
  }

  #lookAtHealth({ request, pid, startedAt, since }: Watched): void {
    this.#cancelHealth?.();
    const check = request.task.health;
    this.#check = check;
    this.health = check === null ? "none" : "starting";
    this.reason = null;
    if (check === null) {
      this.#cancelHealth = null;
      return;
    }
    const changed = (health: Health, reason: string | null) => this.#become(health, reason);
    this.#cancelHealth = watchHealth(check, { request, pid, startedAt, since, changed }, this.#deps);
  }

  #become(health: Health, reason: string | null): void {
    const from = this.health;
    this.health = health;
    this.reason = reason;
    this.#findings.health(from, health, reason);
    if (health === "unhealthy" && this.#check?.on_unhealthy === "restart")
      this.#findings.condemn(verdict("failed", `unhealthy: ${reason}`));
  }

  #lookAtMemory({ request, usage }: Watched): void {
    this.#cancelMemory?.();
    this.#cancelMemory = null;
    this.#limit = request.task.max_memory_bytes;
    if (this.#limit === null) return;
    this.#cancelMemory = watchMemory(this.#limit, usage, this.#deps.clock, (reason) =>
      this.#findings.condemn(verdict("oom", reason)),
    );
  }
}
