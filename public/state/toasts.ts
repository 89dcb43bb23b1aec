/** Short messages in the corner: what was done goes by itself, what failed stays until it is dismissed. */
import { createStore } from "./store.ts";

export type Toast = { id: number; kind: "done" | "failed"; text: string };

const DONE_MS = 4_000;
const MOST = 5;
let lastId = 0;

export const toasts = createStore<readonly Toast[]>([]);

export function tell(kind: Toast["kind"], text: string): void {
  lastId += 1;
  const id = lastId;
  toasts.update((now) => [...now, { id, kind, text }].slice(-MOST));
  if (kind === "done") setTimeout(() => dismiss(id), DONE_MS);
}

export function dismiss(id: number): void {
  toasts.update((now) => now.filter((toast) => toast.id !== id));
}
