/** Who the service is, how much it runs, and the way to a new task. */
import { Icon } from "../parts/icon.tsx";
import { Logo } from "../parts/logo.tsx";
import { openDialog } from "../state/dialogs.ts";
import { service } from "../state/service.ts";
import { may, visitor } from "../state/session.ts";
import { useStore } from "../state/store.ts";
import { runningCount } from "../task/condition.ts";
import { Visitor } from "./visitor.tsx";
import { WebhooksButton } from "./webhooks/webhooks-button.tsx";

export function Header() {
  const system = useStore(service, (now) => now.system);
  const mayDefine = useStore(visitor, may("admin"));
  return (
    <header class="head">
      <Logo />
      <div class="head-name">
        <h1>Meproc</h1>
        {system && (
          <p class="head-system">
            <span>v{system.version}</span> <span class="head-host">{system.host}</span>
          </p>
        )}
      </div>
      <Counts />
      <nav class="head-links" aria-label="Service">
        <a class="button button-quiet" href="/swagger">
          API<span class="wide-only"> docs</span>
        </a>
        <WebhooksButton />
        <Visitor />
        {mayDefine && (
          <button
            id="new-task"
            type="button"
            class="button button-main"
            onClick={() => openDialog({ kind: "new-task" })}
          >
            <Icon name="plus" />
            New task
          </button>
        )}
      </nav>
    </header>
  );
}

function Counts() {
  const tasks = useStore(service, (now) => now.tasks);
  const loaded = useStore(service, (now) => now.loaded);
  if (!loaded) return <p class="head-counts" />;
  const processes = [...tasks.values()].reduce((sum, task) => sum + runningCount(task), 0);
  return (
    <p class="head-counts">
      <span>
        <b>{tasks.size}</b> {tasks.size === 1 ? "task" : "tasks"}
      </span>
      <span>
        <b>{processes}</b> {processes === 1 ? "process" : "processes"} running
      </span>
    </p>
  );
}
