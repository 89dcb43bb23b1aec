/** The form for a new task, made of the schema that the service gives. */
import { useEffect, useState } from "preact/hooks";
import { loadDefinitionSchema } from "../../api/definition-schema.ts";
import { messageOf } from "../../api/http.ts";
import { type Field, fieldsOf } from "../../form/fields.ts";
import { Busy } from "../../parts/busy.tsx";
import { Icon } from "../../parts/icon.tsx";
import { Modal } from "../../parts/modal.tsx";
import { closeDialog } from "../../state/dialogs.ts";
import { NewTaskForm } from "./new-task-form.tsx";

type Loading = { kind: "loading" } | { kind: "failed"; message: string } | { kind: "ready"; fields: Field[] };

export function NewTaskDialog() {
  const [loading, setLoading] = useState<Loading>({ kind: "loading" });
  const load = () => {
    setLoading({ kind: "loading" });
    loadDefinitionSchema().then(
      (schema) => setLoading({ kind: "ready", fields: fieldsOf(schema) }),
      (error: unknown) => setLoading({ kind: "failed", message: messageOf(error) }),
    );
  };
  useEffect(load, []);
  return (
    <Modal title="New task" size="medium" onClose={closeDialog}>
      {loading.kind === "loading" && (
        <p class="placeholder">
          <Busy /> Reading what a task is made of…
        </p>
      )}
      {loading.kind === "failed" && (
        <div class="notice" role="alert">
          <Icon name="warning" />
          <p>
            <strong>The form could not be made.</strong> {loading.message}
          </p>
          <button type="button" class="button" onClick={load}>
            Try again
          </button>
        </div>
      )}
      {loading.kind === "ready" && <NewTaskForm fields={loading.fields} />}
    </Modal>
  );
}
