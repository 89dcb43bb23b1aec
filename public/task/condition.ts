/** How a task or a process is doing: one tone, and the reason in words where there is trouble. */
import type { Instance, State, Task } from "../api/types.ts";
import { unhappyEnd } from "../words/outcome.ts";

/** What the colour stands for; the word beside it always says the same. */
export type Tone = "good" | "busy" | "calm" | "ended" | "bad";

const TONES: Record<State, Tone> = {
  running: "good",
  starting: "busy",
  stopping: "busy",
  waiting: "calm",
  scheduled: "calm",
  stopped: "ended",
  exited: "ended",
  backoff: "bad",
  failed: "bad",
};

/** Why a process is a problem; null when it is none. */
export function instanceProblem(instance: Instance): string | null {
  const end = unhappyEnd(instance.exit_code, instance.exit_signal);
  if (instance.state === "failed") return instance.reason ?? end ?? "failed";
  if (instance.state === "backoff") return instance.reason ?? end ?? "it ended and will be started again";
  if (instance.health === "unhealthy") return instance.reason ?? "unhealthy";
  if (instance.state === "exited") return end === null ? null : (instance.reason ?? end);
  if (instance.state === "scheduled") return end === null ? null : `last run: ${end}`;
  return null;
}

/** Why a task is a problem: the reason of its first process that is one. */
export function taskProblem(task: Task): string | null {
  for (const instance of task.instances) {
    const problem = instanceProblem(instance);
    if (problem === null) continue;
    return task.instances.length > 1 ? `${instance.alias}: ${problem}` : problem;
  }
  return task.state === "failed" ? "failed" : null;
}

export function instanceTone(instance: Instance): Tone {
  return instanceProblem(instance) === null ? TONES[instance.state] : "bad";
}

export function taskTone(task: Task): Tone {
  return taskProblem(task) === null ? TONES[task.state] : "bad";
}

export function runningCount(task: Task): number {
  return task.instances.filter((instance) => instance.state === "running").length;
}

/** Since when the task is in its state: the latest of its processes that are in it. */
export function taskSince(task: Task): string {
  const since = task.instances.filter((one) => one.state === task.state).map((one) => one.since);
  return since.sort().at(-1) ?? task.updated_at;
}

/** Whether Stop is what makes sense; otherwise Start does. */
export function canStop(task: Task): boolean {
  const wanted = task.desired === "running" || task.desired === "enabled";
  return wanted && task.state !== "exited" && task.state !== "failed" && task.state !== "stopped";
}

export function commandLine(task: Task): string {
  return typeof task.cmd === "string" ? task.cmd : task.cmd.join(" ");
}

/** What a task waits for, by name. */
export function dependencies(task: Task): string {
  return task.deps
    .map((dep) => (typeof dep === "string" ? dep : `${dep.task} (${dep.condition})`))
    .join(", ");
}

/** "user:group", or what of it is given. */
export function runsAs(task: Task): string | null {
  if (task.user === null && task.group === null) return null;
  return task.group === null ? task.user : `${task.user ?? ""}:${task.group}`;
}
