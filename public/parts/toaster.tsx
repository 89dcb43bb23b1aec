/** Shows the short messages. Both regions are always there: only what is put into one later is read aloud. */
import { useStore } from "../state/store.ts";
import { dismiss, type Toast, toasts } from "../state/toasts.ts";
import { Icon } from "./icon.tsx";

export function Toaster() {
  const all = useStore(toasts, (now) => now);
  return (
    <div class="toaster">
      <div role="alert">{all.filter((toast) => toast.kind === "failed").map(toToast)}</div>
      <div role="status">{all.filter((toast) => toast.kind === "done").map(toToast)}</div>
    </div>
  );
}

function toToast(toast: Toast) {
  return (
    <div key={toast.id} class="toast" data-kind={toast.kind}>
      <Icon name={toast.kind === "done" ? "done" : "warning"} />
      <p>{toast.text}</p>
      <button type="button" class="icon-button" aria-label="Dismiss" onClick={() => dismiss(toast.id)}>
        <Icon name="close" />
      </button>
    </div>
  );
}
