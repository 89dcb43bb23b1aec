/** Draws the dialog that is open. */
import { dialog } from "../state/dialogs.ts";
import { useStore } from "../state/store.ts";
import { AccessDialog } from "./access/access-dialog.tsx";
import { NewTaskDialog } from "./new-task/new-task-dialog.tsx";
import { OutputDialog } from "./output/output-dialog.tsx";
import { RemoveDialog } from "./tasks/remove-dialog.tsx";
import { WebhooksDialog } from "./webhooks/webhooks-dialog.tsx";

export function Dialogs() {
  const open = useStore(dialog, (now) => now);
  switch (open.kind) {
    case "none":
      return null;
    case "new-task":
      return <NewTaskDialog />;
    case "access":
      return <AccessDialog />;
    case "webhooks":
      return <WebhooksDialog />;
    case "remove":
      return <RemoveDialog name={open.name} />;
    case "output":
      return <OutputDialog key={open.name} name={open.name} replica={open.replica} />;
  }
}
