/** Fields, what the service says about them, and the way to send them. */
import { useLayoutEffect, useRef } from "preact/hooks";
import type { Field } from "../../form/fields.ts";
import { fieldsFor, fieldValue, groupsOf } from "../../form/values.ts";
import { Busy } from "../../parts/busy.tsx";
import { Icon } from "../../parts/icon.tsx";
import { closeDialog } from "../../state/dialogs.ts";
import { draft } from "../../state/draft.ts";
import { useStore } from "../../state/store.ts";
import { FieldRow } from "./field-row.tsx";
import { useCreateTask } from "./use-create-task.ts";

export function NewTaskForm({ fields }: { fields: readonly Field[] }) {
  const form = useRef<HTMLFormElement>(null);
  const values = useStore(draft, (now) => now);
  const shown = fieldsFor(fields, values);
  const { create, busy, problems, forget } = useCreateTask(shown);

  useLayoutEffect(() => {
    form.current?.querySelector<HTMLElement>("input:not([type=radio])")?.focus();
  }, []);
  useLayoutEffect(() => {
    form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
  }, [problems.byField.size > 0]);

  const hasProblem = (field: Field) => problems.byField.has(field.key);
  const row = (field: Field) => (
    <FieldRow
      key={field.key}
      field={field}
      value={fieldValue(values, field)}
      problem={problems.byField.get(field.key) ?? null}
      onChange={(value) => {
        draft.update((now) => ({ ...now, [field.key]: value }));
        forget(field.key);
      }}
    />
  );

  return (
    <form
      ref={form}
      class="form"
      noValidate
      autoComplete="off"
      onSubmit={(event) => {
        event.preventDefault();
        create(values);
      }}
      onKeyDown={(event) => {
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.current?.requestSubmit();
      }}
    >
      <div class="form-body">
        <div role="alert" class="form-problems">
          {problems.others.map((message) => (
            <p key={message} class="notice">
              <Icon name="warning" />
              <span>{message}</span>
            </p>
          ))}
        </div>
        <div class="fields">{shown.filter((field) => field.group === null).map(row)}</div>
        {groupsOf(shown).map(([group, inner]) => (
          <details key={group} class="group-of-fields" open={inner.some(hasProblem) || undefined}>
            <summary>
              <Icon name="chevron" />
              <span class="group-word">{group}</span>
            </summary>
            <div class="fields">{inner.map(row)}</div>
          </details>
        ))}
      </div>
      <footer class="modal-foot">
        <span class="hint wide-only">Enter creates it, Esc closes and keeps what you typed</span>
        <button type="button" class="button" onClick={closeDialog}>
          Cancel
        </button>
        <button type="submit" class="button button-main" aria-disabled={busy}>
          {busy && <Busy />}
          Create task
        </button>
      </footer>
    </form>
  );
}
