/** Asks before a task is removed. */
import { Modal } from "../../parts/modal.tsx";
import { command } from "../../state/commands.ts";
import { closeDialog } from "../../state/dialogs.ts";
import { service } from "../../state/service.ts";
import { useStore } from "../../state/store.ts";
import { runningCount } from "../../task/condition.ts";

export function RemoveDialog({ name }: { name: string }) {
  const task = useStore(service, (now) => now.tasks.get(name));
  const running = task ? runningCount(task) : 0;
  const remove = () => {
    closeDialog();
    void command(name, "remove");
  };
  return (
    <Modal title={<>Remove {name}?</>} size="small" onClose={closeDialog}>
      <p class="modal-text">
        {running > 0
          ? `Its ${running === 1 ? "process is" : `${running} processes are`} stopped, and the task is taken off the list.`
          : "The task is taken off the list."}
      </p>
      <footer class="modal-foot">
        <button type="button" class="button" data-autofocus onClick={closeDialog}>
          Keep it
        </button>
        <button type="button" class="button button-danger" onClick={remove}>
          Remove
        </button>
      </footer>
    </Modal>
  );
}
