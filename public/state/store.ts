/** A value that components can watch: each redraws only when the part that it selects has changed. */
import { useEffect, useRef, useState } from "preact/hooks";

export type Store<T> = {
  get: () => T;
  update: (change: (now: T) => T) => void;
  subscribe: (listener: () => void) => () => void;
};

export function createStore<T>(initial: T): Store<T> {
  let value = initial;
  const listeners = new Set<() => void>();
  return {
    get: () => value,
    update: (change) => {
      const next = change(value);
      if (Object.is(next, value)) return;
      value = next;
      for (const listener of listeners) listener();
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** The selected part of a store's value; `select` must give the same reference while nothing changed. */
export function useStore<T, Part>(store: Store<T>, select: (value: T) => Part): Part {
  const [, redraw] = useState(0);
  const part = select(store.get());
  const seen = useRef({ part, select });
  seen.current = { part, select };
  useEffect(() => {
    const look = () => {
      if (!Object.is(seen.current.select(store.get()), seen.current.part)) redraw((count) => count + 1);
    };
    look();
    return store.subscribe(look);
  }, [store]);
  return part;
}
