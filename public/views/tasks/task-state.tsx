/** The state of a task in a word, and what there is to say about it. */
import type { Task } from "../../api/types.ts";
import { Distance } from "../../parts/ago.tsx";
import { Badge } from "../../parts/badge.tsx";
import { underWay } from "../../state/commands.ts";
import { useStore } from "../../state/store.ts";
import { taskProblem, taskTone } from "../../task/condition.ts";

const UNDER_WAY = {
  start: "starting",
  stop: "stopping",
  restart: "restarting",
  remove: "removing",
  reload: "reloading",
  run: "starting",
  pause: "pausing",
  resume: "resuming",
  scale: "scaling",
} as const;

export function TaskState({ task }: { task: Task }) {
  const command = useStore(underWay, (now) => now.get(task.name));
  if (command) return <Badge tone="busy" word={UNDER_WAY[command]} />;
  return (
    <>
      <Badge tone={taskTone(task)} word={task.state} />
      <StateNote task={task} />
    </>
  );
}

function StateNote({ task }: { task: Task }) {
  const problem = taskProblem(task);
  const retry = task.instances.find((one) => one.retry_at !== null)?.retry_at ?? null;
  const waitsFor = [...new Set(task.instances.flatMap((one) => one.waiting_for ?? []))].join(", ");
  return (
    <>
      {retry !== null && (
        <span class="note note-beside">
          again <Distance at={retry} />
        </span>
      )}
      {waitsFor !== "" && (
        <span class="note note-beside" title={waitsFor}>
          for {waitsFor}
        </span>
      )}
      {problem !== null && (
        <span class="note note-bad" title={problem}>
          {problem}
        </span>
      )}
    </>
  );
}
