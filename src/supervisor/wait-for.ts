/** Waits until a task stands as somebody wants it, without asking it again and again. */
import { MeprocError, notFound } from "../domain/errors.ts";
import type { Cancel, Clock } from "../domain/ports.ts";
import type { TaskGroup } from "./group.ts";
import type { Instance } from "./instance.ts";

export const AWAITED = ["running", "healthy", "stopped", "exited"] as const;
export type Awaited = (typeof AWAITED)[number];

/** Settles with what `look` gives; it is asked at once, after each change of the task, and at each time it names. */
export function observe<T>(
  group: TaskGroup,
  clock: Clock,
  look: () => { readonly value: T } | { readonly again: number | null },
  signal?: AbortSignal,
): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  let timer: Cancel | null = null;
  let open = true;
  const close = (): void => {
    open = false;
    timer?.();
    unwatch();
    signal?.removeEventListener("abort", abort);
  };
  const abort = (): void => {
    close();
    reject(new MeprocError("timeout", "Nobody waits for it any more"));
  };
  const ask = (): void => {
    if (!open) return;
    try {
      const seen = look();
      if ("value" in seen) {
        close();
        return resolve(seen.value);
      }
      timer?.();
      timer = seen.again === null ? null : clock.at(seen.again, ask);
    } catch (error) {
      close();
      reject(error);
    }
  };
  const unwatch = group.watch(ask);
  signal?.addEventListener("abort", abort);
  if (signal?.aborted) abort();
  else ask();
  return promise;
}

/**
 * Settles when every replica is so. Throws `timeout` after `timeoutMs`, and before that where none of them will get there
 * by itself; `not_found` when the task is removed.
 */
export function waitFor(
  group: TaskGroup,
  condition: Awaited,
  { clock, timeoutMs, signal }: { clock: Clock; timeoutMs: number; signal?: AbortSignal },
): Promise<void> {
  const deadline = clock.now().mono + timeoutMs;
  return observe(
    group,
    clock,
    () => {
      if (group.removed) throw notFound(group.task.name);
      const missing = group.kept.filter((instance) => !holds(instance, condition));
      if (missing.length === 0) return { value: undefined };
      const late = clock.now().mono >= deadline;
      if (late || missing.some((instance) => isHopeless(instance, condition)))
        throw new MeprocError("timeout", `${group.task.name} is not ${condition}: ${standing(missing)}`);
      return { again: deadline };
    },
    signal,
  );
}

function holds({ state, health, last }: Instance, condition: Awaited): boolean {
  switch (condition) {
    case "running":
      return state.kind === "running";
    case "healthy":
      return state.kind === "running" && (health === "healthy" || health === "none");
    case "stopped":
      return state.kind === "stopped" || state.kind === "exited" || (state.kind === "failed" && !state.stuck);
    case "exited":
      return state.kind === "exited" || (state.kind === "scheduled" && last !== null);
  }
}

/** It rests, and nothing but a request will move it. */
function isHopeless({ state }: Instance, condition: Awaited): boolean {
  if (condition === "stopped") return state.kind === "failed";
  if (state.kind === "failed") return state.retryAt === null;
  return state.kind === "stopped" || state.kind === "exited";
}

/** Where instances stand, in words. */
export function standing(instances: readonly Instance[]): string {
  return instances.map((instance) => `${instance.alias} ${standingOf(instance)}`).join("; ");
}

export function standingOf({ state, health }: Instance): string {
  switch (state.kind) {
    case "waiting":
      return state.waitingFor.length === 0 ? "is about to start" : `waits for ${state.waitingFor.join(", ")}`;
    case "running":
      return health === "none"
        ? "is running"
        : `is running and ${health === "starting" ? "not healthy yet" : health}`;
    case "backoff":
      return `is started again after a pause${because(state.last.reason)}`;
    case "exited":
      return `has ended${because(state.last.reason)}`;
    case "failed":
      return `has failed${because(state.reason)}`;
    case "scheduled":
      return "waits for its next time";
    case "starting":
    case "stopping":
    case "stopped":
      return `is ${state.kind}`;
  }
}

function because(reason: string | null): string {
  return reason === null ? "" : ` (${reason})`;
}
