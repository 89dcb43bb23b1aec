/** Restart policy: how long to wait before an ended process is started again. Pure arithmetic. */
import type { TaskType } from "../domain/task.ts";

export type RestartPolicy =
  | { readonly kind: "never" }
  | { readonly kind: "fixed"; readonly delayMs: number }
  | {
      readonly kind: "adaptive";
      readonly firstMs: number;
      readonly maxMs: number;
      readonly factor: number;
      /** Share of the delay by which it may vary either way, 0 to 1. */
      readonly jitter: number;
      /** A run of this length makes the next restart immediate again. */
      readonly resetAfterMs: number;
    };

export const ADAPTIVE: RestartPolicy = {
  kind: "adaptive",
  firstMs: 100,
  maxMs: 3000,
  factor: 2,
  jitter: 0.1,
  resetAfterMs: 10_000,
};

export function restartPolicyOf(task: { type: TaskType; interval: number | null }): RestartPolicy {
  if (task.type !== "daemon") return { kind: "never" };
  return task.interval === null ? ADAPTIVE : { kind: "fixed", delayMs: task.interval };
}

export interface Restart {
  /** Milliseconds until the next start; 0 is at once. */
  readonly delayMs: number;
  /** The number to hand in after the next run. */
  readonly attempt: number;
}

/**
 * What follows a run that lasted `ranMs`, or `null` if nothing does. `attempt` counts the quick restarts before
 * it, `random` is in [0, 1).
 */
export function nextRestart(
  policy: RestartPolicy,
  ended: { attempt: number; ranMs: number },
  random: number,
): Restart | null {
  if (policy.kind === "never") return null;
  if (policy.kind === "fixed") return { delayMs: policy.delayMs, attempt: 0 };
  const attempt = ended.ranMs >= policy.resetAfterMs ? 0 : ended.attempt;
  if (attempt === 0) return { delayMs: 0, attempt: 1 };
  const base = Math.min(policy.maxMs, policy.firstMs * policy.factor ** (attempt - 1));
  const delayMs = Math.round(base * (1 + policy.jitter * (2 * random - 1)));
  return { delayMs, attempt: attempt + 1 };
}
