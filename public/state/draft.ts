/** What was typed into the new-task form: closing the dialog does not lose it, creating the task does. */
import type { Values } from "../form/values.ts";
import { createStore } from "./store.ts";

export const draft = createStore<Values>({});

export function clearDraft(): void {
  draft.update(() => ({}));
}
