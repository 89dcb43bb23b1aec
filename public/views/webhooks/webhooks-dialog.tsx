/** Who is told of what happens: how each webhook and mail stands, and what they did not take. */
import { Busy } from "../../parts/busy.tsx";
import { Icon } from "../../parts/icon.tsx";
import { Modal } from "../../parts/modal.tsx";
import { Toaster } from "../../parts/toaster.tsx";
import { closeDialog } from "../../state/dialogs.ts";
import { ReceiverView } from "./receiver-view.tsx";
import { useReceivers } from "./use-receivers.ts";

export function WebhooksDialog() {
  const { receivers, trouble, refresh } = useReceivers();
  return (
    <Modal title="Webhooks and mail" size="medium" onClose={closeDialog}>
      {trouble !== null && (
        <div class="notice" role="alert">
          <Icon name="warning" />
          <p>
            <strong>The webhooks could not be read.</strong> {trouble}
          </p>
          <button type="button" class="button" onClick={() => void refresh()}>
            Try again
          </button>
        </div>
      )}
      {receivers === null && trouble === null && (
        <p class="placeholder" role="status">
          <Busy /> Reading the webhooks…
        </p>
      )}
      {receivers?.length === 0 && <p class="placeholder">Neither a webhook nor mail is configured.</p>}
      {receivers !== null && receivers.length > 0 && (
        <div class="webhooks">
          {receivers.map((receiver) => (
            <ReceiverView key={receiver.webhook.name} receiver={receiver} refresh={refresh} />
          ))}
        </div>
      )}
      {/* The page's own is behind an open dialog, which stays open here while results are told. */}
      <Toaster />
    </Modal>
  );
}
