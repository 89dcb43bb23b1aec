/** Which dialog is open. One at most, so that a row needs no callbacks to open one. */
import { createStore } from "./store.ts";

export type OpenDialog =
  | { kind: "none" }
  | { kind: "new-task" }
  | { kind: "access" }
  | { kind: "webhooks" }
  | { kind: "remove"; name: string }
  | { kind: "output"; name: string; replica: number | null };

export const dialog = createStore<OpenDialog>({ kind: "none" });

export function openDialog(next: OpenDialog): void {
  dialog.update(() => next);
}

export function closeDialog(): void {
  dialog.update(() => ({ kind: "none" }));
}
