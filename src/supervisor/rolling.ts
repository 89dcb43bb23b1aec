/** Restarts one replica after the other, and stops at the first that does not come up: the others go on as they are. */
import { MeprocError } from "../domain/errors.ts";
import type { Actor } from "../domain/fact.ts";
import type { Clock } from "../domain/ports.ts";
import type { Task } from "../domain/task.ts";
import type { TaskGroup } from "./group.ts";
import type { Instance } from "./instance.ts";
import { observe, standingOf } from "./wait-for.ts";

/** A replica without a health check counts as up when it has lived for so long. */
const LIVED_MS = 1000;
/** How much longer than its checks may take it is waited for. */
const GRACE_MS = 10_000;
const LOG_PERIOD_MS = 60_000;
const HOOK_MS = 30_000;

/** Settles when all are up. Throws `conflict` that says which one is not, and which were not touched. */
export async function restartRolling(group: TaskGroup, clock: Clock, by: Actor): Promise<void> {
  group.want();
  const places = [...group.kept];
  for (const [index, instance] of places.entries()) {
    // the task may have been scaled down, stopped or removed meanwhile
    if (group.removed || group.desired === "stopped" || !group.kept.includes(instance)) continue;
    await instance.restart(by);
    const problem = await problemOf(group, instance, clock);
    if (problem !== null) throw stoppedAt(instance, problem, places.slice(index + 1));
  }
}

/** Settles with `null` when it is up, or with why it is not. */
function problemOf(group: TaskGroup, instance: Instance, clock: Clock): Promise<string | null> {
  const deadline = clock.now().mono + patience(group.task);
  return observe<string | null>(group, clock, () => {
    const now = clock.now().mono;
    const { state, health } = instance;
    const failed = { value: group.removed ? "is no more" : standingOf(instance) };
    if (group.removed || now >= deadline) return failed;
    switch (state.kind) {
      case "running": {
        if (health === "healthy") return { value: null };
        if (health === "unhealthy") return failed;
        if (group.task.health !== null) return { again: deadline };
        const lived = state.since.mono + LIVED_MS;
        return lived <= now ? { value: null } : { again: lived };
      }
      case "starting":
      case "stopping":
        return { again: deadline };
      case "waiting":
        return state.waitingFor.length === 0 ? { again: deadline } : failed;
      case "scheduled":
        return { value: null };
      case "exited":
        return state.last.result === "succeeded" && group.task.type !== "daemon" ? { value: null } : failed;
      case "backoff":
      case "failed":
      case "stopped":
        return failed;
    }
  });
}

/** How long a replica may take to come up, in milliseconds. */
function patience({ health, hooks }: Task): number {
  const before = GRACE_MS + (hooks?.pre_start === undefined ? 0 : (hooks.timeout_ms ?? HOOK_MS));
  if (health === null) return before + LIVED_MS;
  const start = health.start_period_ms ?? 0;
  if (health.log !== undefined) return before + (start > 0 ? start : LOG_PERIOD_MS);
  const round = (health.interval_ms ?? 10_000) + (health.timeout_ms ?? 5000);
  return before + start + round * (health.retries ?? 3);
}

function stoppedAt(instance: Instance, problem: string, untouched: readonly Instance[]): MeprocError {
  const others = untouched.map(({ alias }) => alias).join(", ");
  const rest = others === "" ? "" : `; not restarted: ${others}`;
  return new MeprocError("conflict", `${instance.alias} did not come up: it ${problem}${rest}`, {
    hint: "Look at its output, then restart the task",
  });
}
