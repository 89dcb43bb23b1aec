/** The processes of a task, one line for each replica. */
import type { Instance, Task } from "../../api/types.ts";
import { Distance, Lasting } from "../../parts/ago.tsx";
import { Badge } from "../../parts/badge.tsx";
import { Icon } from "../../parts/icon.tsx";
import { openDialog } from "../../state/dialogs.ts";
import { commandLine, instanceProblem, instanceTone } from "../../task/condition.ts";

export function Processes({ task }: { task: Task }) {
  return (
    <table class="processes">
      <caption class="hidden">Processes of {task.name}</caption>
      <thead>
        <tr>
          <th scope="col">Process</th>
          <th scope="col">State</th>
          <th scope="col">PID</th>
          <th scope="col">Uptime</th>
          <th scope="col">Restarts</th>
          <th scope="col">Command</th>
          <th scope="col">
            <span class="hidden">Output</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {task.instances.map((instance) => (
          <Process key={instance.alias} task={task} instance={instance} />
        ))}
      </tbody>
    </table>
  );
}

function Process({ task, instance }: { task: Task; instance: Instance }) {
  const alive = instance.started_at !== null && instance.pid !== null;
  const running = instance.state === "running" && instance.started_at !== null;
  return (
    <tr>
      <th scope="row">{instance.alias}</th>
      <td data-column="process-state">
        <Badge tone={instanceTone(instance)} word={instance.state} />
        <ProcessNote instance={instance} />
      </td>
      <td data-label="PID" class="number">
        {instance.pid}
      </td>
      <td data-label="Uptime">
        {(alive || running) && instance.started_at !== null && <Lasting since={instance.started_at} />}
      </td>
      <td data-label="Restarts" class="number">
        {instance.restarts}
      </td>
      <td data-column="process-command">
        {(alive || running) && <code title={commandLine(task)}>{commandLine(task)}</code>}
      </td>
      <td data-column="process-output">
        <button
          type="button"
          class="action"
          title="Output"
          aria-label={`Output of ${instance.alias}`}
          onClick={() => openDialog({ kind: "output", name: task.name, replica: instance.index })}
        >
          <Icon name="output" />
          <span class="action-word">Output</span>
        </button>
      </td>
    </tr>
  );
}

function ProcessNote({ instance }: { instance: Instance }) {
  const problem = instanceProblem(instance) ?? instance.reason;
  return (
    <>
      {instance.retry_at !== null && (
        <span class="note note-beside">
          again <Distance at={instance.retry_at} />
        </span>
      )}
      {instance.waiting_for !== null && instance.waiting_for.length > 0 && (
        <span class="note note-beside">for {instance.waiting_for.join(", ")}</span>
      )}
      {problem !== null && (
        <span class={instanceProblem(instance) === null ? "note" : "note note-bad"}>{problem}</span>
      )}
      {(instance.health === "healthy" || instance.health === "starting") && (
        <span class="note">{instance.health === "healthy" ? "healthy" : "not yet healthy"}</span>
      )}
    </>
  );
}
