/** What can be done with a task. While a call runs the buttons stay where they are, but do nothing. */
import type { Task } from "../../api/types.ts";
import { Busy } from "../../parts/busy.tsx";
import { Icon, type IconName } from "../../parts/icon.tsx";
import { type Command, command, underWay } from "../../state/commands.ts";
import { openDialog } from "../../state/dialogs.ts";
import { may, visitor } from "../../state/session.ts";
import { useStore } from "../../state/store.ts";
import { canStop } from "../../task/condition.ts";

export function TaskActions({ task }: { task: Task }) {
  const { name } = task;
  const running = useStore(underWay, (now) => now.get(name));
  const mayRun = useStore(visitor, may("operator"));
  const mayRemove = useStore(visitor, may("admin"));
  const toggle: Command = canStop(task) ? "stop" : "start";
  const action = (what: Command, icon: IconName, label: string, onClick: () => void) => (
    <button
      type="button"
      class="action"
      data-action={what}
      title={label}
      aria-label={`${label} ${name}`}
      aria-disabled={running !== undefined}
      onClick={() => running === undefined && onClick()}
    >
      {running === what ? <Busy /> : <Icon name={icon} />}
      <span class="action-word">{label}</span>
    </button>
  );
  return (
    <div class="actions">
      <button
        type="button"
        class="action"
        title="Output"
        aria-label={`Output of ${name}`}
        onClick={() => openDialog({ kind: "output", name, replica: null })}
      >
        <Icon name="output" />
        <span class="action-word">Output</span>
      </button>
      {mayRun && action("restart", "restart", "Restart", () => void command(name, "restart"))}
      {mayRun &&
        action(toggle, toggle, toggle === "stop" ? "Stop" : "Start", () => void command(name, toggle))}
      {mayRemove && action("remove", "remove", "Remove", () => openDialog({ kind: "remove", name }))}
    </div>
  );
}
