/** The output of a task, replica by replica. */
import { useState } from "preact/hooks";
import { outputDownloadUrl } from "../../api/output.ts";
import { Badge } from "../../parts/badge.tsx";
import { Icon } from "../../parts/icon.tsx";
import { Modal } from "../../parts/modal.tsx";
import { closeDialog } from "../../state/dialogs.ts";
import { service } from "../../state/service.ts";
import { useStore } from "../../state/store.ts";
import { instanceTone } from "../../task/condition.ts";
import { ReplicaTabs } from "./replica-tabs.tsx";
import { Terminal } from "./terminal.tsx";

export function OutputDialog({ name, replica }: { name: string; replica: number }) {
  const task = useStore(service, (now) => now.tasks.get(name));
  const [shown, setShown] = useState(replica);
  const [wrap, setWrap] = useState(true);
  const instance = task?.instances.find((one) => one.index === shown);
  return (
    <Modal
      title={
        <>
          <span class="muted">Output of</span> {name}
        </>
      }
      size="large"
      onClose={closeDialog}
    >
      <div class="output-bar">
        {task && task.instances.length > 1 && (
          <ReplicaTabs instances={task.instances} shown={shown} onShow={setShown} />
        )}
        {task && task.instances.length <= 1 && instance && (
          <Badge tone={instanceTone(instance)} word={instance.state} />
        )}
        {task === undefined && <Badge tone="ended" word="removed" />}
        <div class="output-tools">
          <label class="check">
            <input
              type="checkbox"
              checked={wrap}
              onChange={(event) => setWrap(event.currentTarget.checked)}
            />
            Wrap lines
          </label>
          <a
            class="button button-quiet"
            href={outputDownloadUrl(name, shown)}
            download={`${name}-${shown}.log`}
            title="Download the raw output"
          >
            <Icon name="download" />
            Download
          </a>
        </div>
      </div>
      <Terminal key={shown} name={name} replica={shown} wrap={wrap} gone={task === undefined} />
    </Modal>
  );
}
