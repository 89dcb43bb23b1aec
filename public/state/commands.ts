/** What a person asks of a task: runs the call, shows that it runs, tells how it ended. */
import { messageOf } from "../api/http.ts";
import { commandTask, removeTask, type TaskVerb } from "../api/tasks.ts";
import { refreshTask, taskGone } from "./live.ts";
import { createStore } from "./store.ts";
import { tell } from "./toasts.ts";

export type Command = TaskVerb | "remove";

/** The call that is under way, by task. */
export const underWay = createStore<ReadonlyMap<string, Command>>(new Map());

const DONE: Record<Command, string> = {
  start: "Started",
  stop: "Stopped",
  restart: "Restarted",
  remove: "Removed",
};

/** Does it, and says whether it worked. While a call for the task runs, another is refused. */
export async function command(name: string, what: Command): Promise<boolean> {
  if (underWay.get().has(name)) return false;
  underWay.update((now) => new Map(now).set(name, what));
  try {
    await (what === "remove" ? removeTask(name) : commandTask(name, what));
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
