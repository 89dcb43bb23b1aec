/** When the row that has the focus goes, puts the focus on the row that has taken its place. */
import { useLayoutEffect, useRef } from "preact/hooks";
import type { Task } from "../../api/types.ts";

export function useKeptFocus(tasks: readonly Task[]) {
  const table = useRef<HTMLTableElement>(null);
  const before = useRef<{ names: string[]; focused: string | null }>({ names: [], focused: null });

  useLayoutEffect(() => {
    const { names, focused } = before.current;
    const at = focused === null ? -1 : names.indexOf(focused);
    const gone = at >= 0 && !tasks.some((task) => task.name === focused);
    if (gone && (document.activeElement ?? document.body) === document.body) {
      const heir = tasks[Math.min(at, tasks.length - 1)];
      const row = heir && table.current?.querySelector(`[data-task="${CSS.escape(heir.name)}"]`);
      (row?.querySelector<HTMLElement>("button") ?? table.current)?.focus();
    }
    before.current.names = tasks.map((task) => task.name);
  }, [tasks]);

  useLayoutEffect(() => {
    const remember = (event: FocusEvent) => {
      const row = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-task]") : null;
      before.current.focused = row?.dataset["task"] ?? null;
    };
    document.addEventListener("focusin", remember);
    return () => document.removeEventListener("focusin", remember);
  }, []);

  return table;
}
