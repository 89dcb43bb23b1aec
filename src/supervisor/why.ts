/** Why a task does not run, in one sentence for a person. Pure. */
import type { Desired, InstanceState } from "../domain/instance.ts";
import { inWords } from "./outcome-words.ts";

export interface Explained {
  readonly desired: Desired;
  /** Unix ms of its next time, `null` for none. */
  readonly nextRunAt: number | null;
  readonly instances: readonly { readonly alias: string; readonly state: InstanceState }[];
}

/** What says most first: what somebody has to see to, then what will pass. */
const TELLING: readonly InstanceState["kind"][] = [
  "failed",
  "backoff",
  "waiting",
  "stopping",
  "starting",
  "exited",
  "stopped",
  "scheduled",
];

/** `null` if all of it runs. */
export function whyNotRunning(task: Explained): string | null {
  const { instances } = task;
  const idle = instances.filter(({ state }) => state.kind !== "running");
  const telling = TELLING.flatMap((kind) => idle.find(({ state }) => state.kind === kind) ?? [])[0];
  if (telling === undefined) return null;
  const subject = instances.length === 1 ? "It" : telling.alias;
  return `${subject} ${predicate(telling.state, task)}.`;
}

function predicate(state: InstanceState, { desired, nextRunAt }: Explained): string {
  switch (state.kind) {
    case "stopped":
      return desired === "stopped" ? "is stopped, until somebody starts it" : "is stopped";
    case "waiting":
      return state.waitingFor.length === 0 ? "is about to start" : `waits for ${listed(state.waitingFor)}`;
    case "scheduled":
      if (desired === "paused") return "is paused, until somebody resumes its schedule";
      if (nextRunAt === null) return "is on its schedule, which has no next time";
      return `is on its schedule and runs next at ${rfc3339(nextRunAt)}`;
    case "starting":
      return "is being started";
    case "running":
      return "runs";
    case "backoff":
      return `ended (${inWords(state.last)}) and is started again at ${rfc3339(state.retryAt.wall)}`;
    case "stopping":
      return state.next.kind === "stopped" ? "is being stopped" : "is being stopped, to be started again";
    case "exited":
      return `has ended (${inWords(state.last)}) and is not started again by itself`;
    case "failed": {
      const again = state.retryAt === null ? "" : `; it is tried again at ${rfc3339(state.retryAt.wall)}`;
      return `failed: ${state.reason}${again}`;
    }
  }
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join() : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

function rfc3339(wall: number): string {
  return new Date(wall).toISOString();
}
