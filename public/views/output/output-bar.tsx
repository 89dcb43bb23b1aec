/** Above the output: whose it is, how it is shown, and what else can be opened. */
import type { ComponentChildren } from "preact";
import type { Task } from "../../api/types.ts";
import { Badge } from "../../parts/badge.tsx";
import { Icon, type IconName } from "../../parts/icon.tsx";
import { prefer, preferences } from "../../state/preferences.ts";
import { may, visitor } from "../../state/session.ts";
import { useStore } from "../../state/store.ts";
import { instanceTone } from "../../task/condition.ts";
import { ReplicaTabs } from "./replica-tabs.tsx";

/** Which of the parts that can be folded away is open. */
export type Opened = "nothing" | "filter" | "downloads";

export type OutputBarProps = {
  task: Task | undefined;
  replica: number | null;
  onReplica: (index: number | null) => void;
  opened: Opened;
  onOpen: (opened: Opened) => void;
  onClear: () => void;
  /** How many of the fields of the filter restrict what is shown. */
  fieldCount: number;
  onReset: () => void;
  /** What to search for. */
  children: ComponentChildren;
};

export function OutputBar(props: OutputBarProps) {
  const { task, replica, onReplica, opened, onOpen, onClear, fieldCount, onReset, children } = props;
  const mayClear = useStore(visitor, may("admin"));
  const { wrap, times } = useStore(preferences, (now) => now);
  const opener = (what: Opened, icon: IconName, label: ComponentChildren) => (
    <button
      type="button"
      class="button button-quiet"
      aria-expanded={opened === what}
      onClick={() => onOpen(opened === what ? "nothing" : what)}
    >
      <Icon name={icon} />
      {label}
    </button>
  );
  return (
    <div class="output-bar">
      <div class="output-row">
        <Whose task={task} replica={replica} onReplica={onReplica} />
        <div class="output-tools">
          <Check label="Times" checked={times} onChange={(next) => prefer({ times: next })} />
          <Check label="Wrap lines" checked={wrap} onChange={(next) => prefer({ wrap: next })} />
          {opener("downloads", "download", <span class="tool-word">Download</span>)}
          {mayClear && (
            <button type="button" class="button button-quiet" onClick={onClear}>
              <Icon name="remove" />
              <span class="tool-word">Clear</span>
              <span class="hidden"> the output</span>
            </button>
          )}
        </div>
      </div>
      <div class="output-row">
        {children}
        <div class="output-tools">
          {fieldCount > 0 && (
            <button type="button" class="button button-quiet" onClick={onReset}>
              Reset
            </button>
          )}
          {opener(
            "filter",
            "filter",
            <>
              <span class="tool-word">Filter</span>
              {fieldCount > 0 && (
                <>
                  {" "}
                  <span class="count">{fieldCount}</span>
                </>
              )}
            </>,
          )}
        </div>
      </div>
    </div>
  );
}

function Whose({ task, replica, onReplica }: Pick<OutputBarProps, "task" | "replica" | "onReplica">) {
  if (task === undefined) return <Badge tone="ended" word="removed" />;
  if (task.instances.length > 1)
    return <ReplicaTabs instances={task.instances} shown={replica} onShow={onReplica} />;
  const [instance] = task.instances;
  return instance === undefined ? null : <Badge tone={instanceTone(instance)} word={instance.state} />;
}

type CheckProps = { label: string; checked: boolean; onChange: (checked: boolean) => void };

function Check({ label, checked, onChange }: CheckProps) {
  return (
    <label class="check">
      <input type="checkbox" checked={checked} onChange={(event) => onChange(event.currentTarget.checked)} />
      {label}
    </label>
  );
}
