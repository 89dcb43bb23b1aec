/** Which tasks are shown: by a text, and by the kind of state they are in. */
import type { Task } from "../api/types.ts";
import { commandLine, dependencies, runsAs, taskProblem, taskTone } from "./condition.ts";

export type Group = "all" | "problem" | "running" | "waiting" | "ended";

export type Filter = { text: string; group: Group };

export const GROUPS: readonly { key: Group; label: string; has: (task: Task) => boolean }[] = [
  { key: "all", label: "All", has: () => true },
  { key: "problem", label: "Problems", has: (task) => taskProblem(task) !== null },
  { key: "running", label: "Running", has: (task) => ["good", "busy"].includes(taskTone(task)) },
  { key: "waiting", label: "Waiting", has: (task) => taskTone(task) === "calm" },
  { key: "ended", label: "Ended", has: (task) => taskTone(task) === "ended" },
];

/** Every word of the text must be found somewhere in what the row shows. */
export function matches(task: Task, filter: Filter): boolean {
  if (!GROUPS.find((group) => group.key === filter.group)?.has(task)) return false;
  const shown = [task.name, commandLine(task), task.type, task.state, runsAs(task), dependencies(task)];
  const text = shown.join(" ").toLowerCase();
  return filter.text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
