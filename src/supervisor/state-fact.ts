/** What is told of a change of state. The beginning and the end of a run are told by the run itself. */
import type { Actor, FactBody, FactKind } from "../domain/fact.ts";
import type { InstanceState, Next } from "../domain/instance.ts";

type OfInstance = "task" | "type" | "alias" | "index";
type Told<Kind extends FactKind> = Kind extends FactKind
  ? Omit<Extract<FactBody, { kind: Kind }>, OfInstance>
  : never;
/** A fact of an instance, without saying of which. */
export type StateFact = Told<Extract<FactKind, `instance.${string}`>>;

/** `asked` is who asked last for what is under way. */
export function factOf(before: InstanceState, state: InstanceState, asked: Actor): StateFact | null {
  const move = { from: before.kind, to: state.kind } as const;
  switch (state.kind) {
    case "waiting":
      if (state.waitingFor.length === 0) return null;
      return { kind: "instance.waiting", ...move, waiting_for: state.waitingFor, actor: asked };
    case "backoff": {
      const retry_at = rfc3339(state.retryAt.wall);
      const delay_ms = Math.round(state.retryAt.mono - state.since.mono);
      const { reason } = state.last;
      return { kind: "instance.backoff", ...move, retry_at, delay_ms, reason, actor: "policy" };
    }
    case "stopping": {
      const { pid, phase, next } = state;
      const actor = next.kind === "policy" ? "policy" : asked;
      if (before.kind !== "stopping")
        return { kind: "instance.stopping", ...move, pid, reason: reasonOf(next), actor };
      return before.phase === phase ? null : { kind: "instance.killing", ...move, pid, actor };
    }
    case "stopped":
      return before.kind === "stopped" ? null : { kind: "instance.stopped", ...move, actor: asked };
    case "failed": {
      // what is recalled has been told before, and one that stays failed has not failed again
      if (before.kind === "stopped" || before.kind === "failed") return null;
      const retry_at = state.retryAt === null ? null : rfc3339(state.retryAt.wall);
      return { kind: "instance.failed", ...move, reason: state.reason, retry_at, actor: "policy" };
    }
    case "scheduled":
    case "starting":
    case "running":
    case "exited":
      return null;
  }
}

function reasonOf(next: Next): string | null {
  return next.kind === "policy" ? next.outcome.reason : null;
}

function rfc3339(wall: number): string {
  return new Date(wall).toISOString();
}
