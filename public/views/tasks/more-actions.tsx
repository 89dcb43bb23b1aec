/** What can be done with a task beside starting, stopping and removing it: what makes sense for it is there. */
import type { Task } from "../../api/types.ts";
import { type Command, command, scale, underWay } from "../../state/commands.ts";
import { useStore } from "../../state/store.ts";

type Verb = Exclude<Command, "scale">;
const MOST_REPLICAS = 1000;

export function MoreActions({ task }: { task: Task }) {
  const { name, replica } = task;
  const busy = useStore(underWay, (now) => now.has(name));
  const button = (label: string, spoken: string, act: () => void, off = false) => (
    <button
      type="button"
      class="button"
      aria-label={spoken}
      aria-disabled={busy || off}
      onClick={() => {
        if (!busy && !off) act();
      }}
    >
      {label}
    </button>
  );
  const verb = (what: Verb, label: string) =>
    button(label, `${label} ${name}`, () => void command(name, what));
  return (
    <div class="more-actions">
      {task.type === "cron" && verb("run", "Run now")}
      {task.desired === "enabled" && verb("pause", "Pause")}
      {task.desired === "paused" && verb("resume", "Resume")}
      {task.reload !== null && verb("reload", "Reload")}
      <fieldset class="scale">
        <legend>Replicas</legend>
        {button("−", `One replica of ${name} less`, () => void scale(name, replica - 1), replica === 1)}
        <output>{replica}</output>
        {button(
          "+",
          `One replica of ${name} more`,
          () => void scale(name, replica + 1),
          replica >= MOST_REPLICAS,
        )}
      </fieldset>
    </div>
  );
}
