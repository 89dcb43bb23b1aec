/** Sends the form, once at a time, and keeps what the service had to say about it. */
import { useState } from "preact/hooks";
import { createTask } from "../../api/tasks.ts";
import type { Field } from "../../form/fields.ts";
import { NO_PROBLEMS, type Problems, problemsOf, withoutField } from "../../form/problems.ts";
import { bodyOf, type Values } from "../../form/values.ts";
import { closeDialog } from "../../state/dialogs.ts";
import { clearDraft } from "../../state/draft.ts";
import { refreshTask } from "../../state/live.ts";
import { tell } from "../../state/toasts.ts";

export function useCreateTask(shown: readonly Field[]) {
  const [busy, setBusy] = useState(false);
  const [problems, setProblems] = useState<Problems>(NO_PROBLEMS);

  const create = async (values: Values) => {
    if (busy) return;
    setBusy(true);
    setProblems(NO_PROBLEMS);
    try {
      const task = await createTask(bodyOf(shown, values));
      refreshTask(task.name);
      clearDraft();
      closeDialog();
      tell("done", `Created ${task.name}`);
    } catch (error) {
      setProblems(problemsOf(error, shown));
      setBusy(false);
    }
  };

  return {
    create: (values: Values) => void create(values),
    busy,
    problems,
    forget: (key: string) => setProblems((now) => withoutField(now, key)),
  };
}
