/** What the machine has to know of a task's definition. */
import type { Task } from "../domain/task.ts";
import { type RestartPolicy, restartPolicyOf } from "./restart.ts";

export interface Policy {
  readonly restart: RestartPolicy;
  /** A scheduled task rests in `scheduled`; every other in `exited`. */
  readonly scheduled: boolean;
  /** How long a run may take; `null` for as long as it likes. */
  readonly timeoutMs: number | null;
  readonly stopTimeoutMs: number;
  /** How long what was killed may take to vanish before it counts as unkillable. */
  readonly killTimeoutMs: number;
}

const STOP_TIMEOUT_MS = 10_000;
const KILL_TIMEOUT_MS = 5_000;

export function policyOf(task: Task): Policy {
  return {
    restart: restartPolicyOf(task),
    scheduled: task.type === "cron",
    timeoutMs: (task.type === "cron" ? task.schedule?.timeout_ms : task.timeout_ms) ?? null,
    stopTimeoutMs: task.stop?.timeout_ms ?? STOP_TIMEOUT_MS,
    killTimeoutMs: KILL_TIMEOUT_MS,
  };
}
