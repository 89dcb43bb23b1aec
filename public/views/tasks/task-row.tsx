/** One task: its row, and under it, when opened, its definition and processes. */
import { memo } from "preact/compat";
import type { Task } from "../../api/types.ts";
import { Distance, Lasting } from "../../parts/ago.tsx";
import { Icon } from "../../parts/icon.tsx";
import { commandLine, dependencies, runningCount, runsAs, taskSince } from "../../task/condition.ts";
import { TaskActions } from "./task-actions.tsx";
import { TaskDetails } from "./task-details.tsx";
import { TaskState } from "./task-state.tsx";

export type TaskRowProps = { task: Task; open: boolean; onToggle: (name: string) => void };

export const TaskRow = memo(({ task, open, onToggle }: TaskRowProps) => {
  const details = `details-of-${task.name}`;
  return (
    <>
      <tr class="task" data-task={task.name} data-open={open}>
        <th scope="row" data-column="name">
          <button
            type="button"
            class="toggle"
            aria-expanded={open}
            aria-controls={open ? details : undefined}
            onClick={() => onToggle(task.name)}
          >
            <Icon name="chevron" />
            <span title={task.name}>{task.name}</span>
          </button>
        </th>
        <td data-column="command">
          <code title={commandLine(task)}>{commandLine(task)}</code>
        </td>
        <td data-column="type" data-label="Type">
          {task.type}
          {task.cron !== null && <code class="cron">{task.cron}</code>}
        </td>
        <td data-column="state">
          <TaskState task={task} />
        </td>
        <td data-column="since" data-label="Since">
          <Lasting since={taskSince(task)} />
        </td>
        <td data-column="replicas" data-label="Running">
          <Replicas task={task} />
        </td>
        <td data-column="next" data-label="Next run">
          {task.next_run_at !== null && <Distance at={task.next_run_at} />}
          {task.desired === "paused" && "paused"}
        </td>
        <td data-column="deps" data-label="Depends on">
          {task.deps.length > 0 && <span title={dependencies(task)}>{dependencies(task)}</span>}
        </td>
        <td data-column="user" data-label="Runs as">
          {runsAs(task)}
        </td>
        <td data-column="actions">
          <TaskActions task={task} />
        </td>
      </tr>
      {open && <TaskDetails id={details} task={task} />}
    </>
  );
});

function Replicas({ task }: { task: Task }) {
  const running = runningCount(task);
  const short = task.desired === "running" && task.state === "running" && running < task.replica;
  return (
    <span class="replicas" data-short={short} data-none={running === 0}>
      {running}
      <span class="hidden"> of </span>
      <span aria-hidden="true">/</span>
      {task.replica}
    </span>
  );
}
