/** What stands where the tasks would be. */
import { useLayoutEffect, useRef } from "preact/hooks";
import { Busy } from "../../parts/busy.tsx";
import { Icon } from "../../parts/icon.tsx";
import { openDialog } from "../../state/dialogs.ts";
import { refreshTasks } from "../../state/live.ts";
import { service } from "../../state/service.ts";
import { may, visitor } from "../../state/session.ts";
import { useStore } from "../../state/store.ts";

export function Reading() {
  const away = useStore(service, (now) => now.link === "away");
  if (away) return <p class="placeholder">The tasks will be here as soon as the service is.</p>;
  return (
    <p class="placeholder" role="status">
      <Busy /> Reading the tasks…
    </p>
  );
}

export function Trouble({ message }: { message: string }) {
  return (
    <div class="notice" role="alert">
      <Icon name="warning" />
      <p>
        <strong>The tasks could not be read.</strong> {message}
      </p>
      <button type="button" class="button" onClick={refreshTasks}>
        Try again
      </button>
    </div>
  );
}

export function NoTasks() {
  const section = useRef<HTMLElement>(null);
  const mayDefine = useStore(visitor, may("admin"));
  // With the first task this goes: whoever stood here goes on from the same button in the head.
  useLayoutEffect(
    () => () => {
      const here = section.current?.contains(document.activeElement) ?? false;
      if (here) document.getElementById("new-task")?.focus();
    },
    [],
  );
  return (
    <section class="placeholder empty" ref={section}>
      <h2>No task yet</h2>
      <p>
        A task is a command that Meproc runs for you: one time, always, or at set times. Give it a name and a
        command, and it starts at once.
      </p>
      {mayDefine && (
        <button type="button" class="button button-main" onClick={() => openDialog({ kind: "new-task" })}>
          <Icon name="plus" />
          Create the first task
        </button>
      )}
      <p class="muted">or from a terminal:</p>
      <pre class="code">
        {`curl ${location.origin}/proc \\
  -d '{"name": "hello", "type": "daemon", "cmd": "while date; do sleep 5; done"}'`}
      </pre>
    </section>
  );
}

export function NoMatch({ onClear }: { onClear: () => void }) {
  return (
    <p class="placeholder" role="status">
      No task matches.{" "}
      <button type="button" class="button" onClick={onClear}>
        Show all
      </button>
    </p>
  );
}
