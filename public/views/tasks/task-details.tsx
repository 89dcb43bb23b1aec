/** What a row opens to: the definition in full, and the processes. */
import type { ComponentChildren } from "preact";
import type { Task } from "../../api/types.ts";
import { Distance } from "../../parts/ago.tsx";
import { COLUMNS } from "../../task/columns.ts";
import { commandLine, dependencies, runsAs } from "../../task/condition.ts";
import { moment } from "../../words/moment.ts";
import { unhappyEnd } from "../../words/outcome.ts";
import { MoreActions } from "./more-actions.tsx";
import { Processes } from "./processes.tsx";

export function TaskDetails({ id, task }: { id: string; task: Task }) {
  return (
    <tr class="details" id={id}>
      <td colSpan={COLUMNS.length + 1}>
        <div class="details-body">
          {task.why !== null && <p class="why">{task.why}</p>}
          <Processes task={task} />
          <MoreActions task={task} />
          <dl class="facts">
            <Entry name="Command" wide>
              <code>{commandLine(task)}</code>
            </Entry>
            {task.cron !== null && (
              <Entry name="Schedule">
                <code>{task.cron}</code>
              </Entry>
            )}
            {task.interval !== null && <Entry name="Pause between runs">{task.interval} ms</Entry>}
            {task.deps.length > 0 && <Entry name="Depends on">{dependencies(task)}</Entry>}
            {runsAs(task) !== null && <Entry name="Runs as">{runsAs(task)}</Entry>}
            <LastRunEntry task={task} />
            <Entry name="Created">{moment(task.created_at)}</Entry>
          </dl>
        </div>
      </td>
    </tr>
  );
}

function LastRunEntry({ task }: { task: Task }) {
  const run = task.last_run;
  if (run === null || run.ended_at === null) return null;
  const end = unhappyEnd(run.exit_code, run.exit_signal);
  return (
    <Entry name="Last run">
      {(run.result ?? "ended").replaceAll("_", " ")}
      {end !== null && `, ${end}`}, <Distance at={run.ended_at} />
    </Entry>
  );
}

type EntryProps = { name: string; wide?: boolean; children: ComponentChildren };

function Entry({ name, wide, children }: EntryProps) {
  return (
    <div data-wide={wide}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
