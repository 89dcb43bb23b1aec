/** What a person asks of a task: runs the call, shows that it runs, tells how it ended. */
import { messageOf } from "../api/http.ts";
import { commandTask, removeTask, scaleTask, type TaskVerb } from "../api/tasks.ts";
import { refreshTask, taskGone } from "./live.ts";
import { createStore } from "./store.ts";
import { tell } from "./toasts.ts";

export type Command = TaskVerb | "remove" | "scale";

/** The call that is under way, by task. */
export const underWay = createStore<ReadonlyMap<string, Command>>(new Map());

const DONE: Record<Command, string> = {
  start: "Started",
  stop: "Stopped",
  restart: "Restarted",
  remove: "Removed",
  reload: "Reloaded",
  run: "Ran",
  pause: "Paused",
  resume: "Resumed",
  scale: "Scaled",
};

/** Gives the task so many replicas, and says whether it worked. */
export function scale(name: string, replica: number): Promise<boolean> {
  return carryOut(name, "scale", () => scaleTask(name, replica));
}

/** Does it, and says whether it worked. */
export function command(name: string, what: Exclude<Command, "scale">): Promise<boolean> {
  return carryOut(name, what, () => (what === "remove" ? removeTask(name) : commandTask(name, what)));
}

/** While a call for the task runs, another is refused. */
async function carryOut(name: string, what: Command, call: () => Promise<void>): Promise<boolean> {
  if (underWay.get().has(name)) return false;
  underWay.update((now) => new Map(now).set(name, what));
  try {
    await call();
    if (what === "remove") taskGone(name);
    else refreshTask(name);
    tell("done", `${DONE[what]} ${name}`);
    return true;
  } catch (error) {
    refreshTask(name);
    tell("failed", `Could not ${what} ${name}. ${messageOf(error)}`);
    return false;
  } finally {
    underWay.update((now) => new Map([...now].filter(([other]) => other !== name)));
  }
}
