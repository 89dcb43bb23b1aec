/** The columns of the table of tasks and what each is sorted by. */
import type { Task } from "../api/types.ts";
import { commandLine, dependencies, runningCount, runsAs, taskSince, taskTone } from "./condition.ts";

export type ColumnKey =
  "name" | "command" | "type" | "replicas" | "state" | "since" | "next" | "deps" | "user";

export type Column = { key: ColumnKey; label: string; value: (task: Task) => string | number };

const BAD_FIRST = { bad: 0, busy: 1, good: 2, calm: 3, ended: 4 } as const;
const LAST = "\uffff";

export const COLUMNS: readonly Column[] = [
  { key: "name", label: "Name", value: (task) => task.name },
  { key: "command", label: "Command", value: commandLine },
  { key: "type", label: "Type", value: (task) => task.type },
  { key: "state", label: "State", value: (task) => `${BAD_FIRST[taskTone(task)]}${task.state}` },
  { key: "since", label: "Since", value: (task) => -Date.parse(taskSince(task)) },
  { key: "replicas", label: "Running", value: (task) => runningCount(task) / task.replica },
  { key: "next", label: "Next run", value: (task) => task.next_run_at ?? LAST },
  { key: "deps", label: "Depends on", value: (task) => dependencies(task) || LAST },
  { key: "user", label: "Runs as", value: (task) => runsAs(task) ?? LAST },
];

export type Order = { key: ColumnKey; descending: boolean };

const byName = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

/** Sorted by a column; equal ones by name, so that rows never swap without a reason. */
export function sorted(tasks: readonly Task[], order: Order): Task[] {
  const column = COLUMNS.find((one) => one.key === order.key);
  const sign = order.descending ? -1 : 1;
  const compare = (a: Task, b: Task) => (column ? sign * compareValues(column.value(a), column.value(b)) : 0);
  return [...tasks].sort((a, b) => compare(a, b) || byName.compare(a.name, b.name));
}

function compareValues(a: string | number, b: string | number): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return byName.compare(String(a), String(b));
}
