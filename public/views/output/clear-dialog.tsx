/** Asks before what is kept of an output is removed. */
import { useState } from "preact/hooks";
import { messageOf } from "../../api/http.ts";
import { clearOutput } from "../../api/output.ts";
import { Busy } from "../../parts/busy.tsx";
import { Modal } from "../../parts/modal.tsx";
import { tell } from "../../state/toasts.ts";

export type ClearDialogProps = {
  name: string;
  replica: number | null;
  /** Whose output it is, in words. */
  of: string;
  onClose: () => void;
  onCleared: () => void;
};

export function ClearDialog({ name, replica, of, onClose, onCleared }: ClearDialogProps) {
  const [busy, setBusy] = useState(false);
  const clear = async () => {
    if (busy) return;
    setBusy(true);
    try {
      await clearOutput(name, replica);
      tell("done", `Cleared the output of ${of}`);
      onCleared();
    } catch (error) {
      tell("failed", `Could not clear the output of ${of}. ${messageOf(error)}`);
    }
    onClose();
  };
  return (
    <Modal title={<>Clear the output of {of}?</>} size="small" onClose={onClose}>
      <p class="modal-text">
        All that is kept of it is removed, also what is not shown here. Processes go on, and what they write
        from now on is kept.
      </p>
      <footer class="modal-foot">
        <button type="button" class="button" data-autofocus onClick={onClose}>
          Keep it
        </button>
        <button type="button" class="button button-danger" aria-disabled={busy} onClick={() => void clear()}>
          {busy && <Busy />}
          Clear
        </button>
      </footer>
    </Modal>
  );
}
