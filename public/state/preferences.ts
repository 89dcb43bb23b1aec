/** How somebody likes to read; stays as it is from one output to the next. */
import { createStore } from "./store.ts";

export type Preferences = { wrap: boolean; times: boolean };

export const preferences = createStore<Preferences>({ wrap: true, times: false });

export function prefer(change: Partial<Preferences>): void {
  preferences.update((now) => ({ ...now, ...change }));
}
