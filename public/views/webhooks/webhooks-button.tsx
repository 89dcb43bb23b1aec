/** The way to webhooks and mail; nothing where there are none. */
import { Icon } from "../../parts/icon.tsx";
import { openDialog } from "../../state/dialogs.ts";
import { service } from "../../state/service.ts";
import { useStore } from "../../state/store.ts";

export function WebhooksButton() {
  const told = useStore(service, (now) => now.webhooks);
  if (!told) return null;
  return (
    <button
      type="button"
      class="button button-quiet"
      aria-label="Webhooks and mail"
      title="Webhooks and mail"
      onClick={() => openDialog({ kind: "webhooks" })}
    >
      <Icon name="bell" />
      <span class="wide-only">Webhooks</span>
    </button>
  );
}
