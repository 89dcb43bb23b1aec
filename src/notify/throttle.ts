/** What happens many times is told at once, then at most once in a while: the last of it, with how often it happened. */
import type { Notice } from "../domain/notify.ts";

export const WINDOW_MS = 300_000;

interface Window {
  readonly until: number;
  readonly last: Notice | null;
  readonly count: number;
}

/** Notices that answer each other are one thing: the last of them is how it stands. */
const PAIRS: Readonly<Record<string, string>> = {
  healthy: "health",
  unhealthy: "health",
  store_failing: "store",
  store_recovered: "store",
  disk_low: "disk",
  disk_recovered: "disk",
};

export class Throttle {
  readonly #windows = new Map<string, Window>();

  /** What is to be told now: the notice, or nothing. Times are Unix ms. */
  take(notice: Notice, now: number): Notice[] {
    const key = keyOf(notice);
    const window = this.#windows.get(key);
    if (window === undefined || now >= window.until) {
      this.#windows.set(key, { until: now + WINDOW_MS, last: null, count: 0 });
      return [notice];
    }
    this.#windows.set(key, { ...window, last: notice, count: window.count + 1 });
    return [];
  }

  /** What was held back and is due. */
  due(now: number): Notice[] {
    const told: Notice[] = [];
    for (const [key, { until, last, count }] of this.#windows) {
      if (now < until) continue;
      this.#windows.delete(key);
      if (last === null) continue;
      told.push(count === 1 ? last : { ...last, count, text: `${last.text} (${count} times lately)` });
      this.#windows.set(key, { until: now + WINDOW_MS, last: null, count: 0 });
    }
    return told;
  }

  /** When `due` is to be asked, in Unix ms; `null` for not at all. */
  dueAt(): number | null {
    const ends = [...this.#windows.values()].map(({ until }) => until);
    return ends.length === 0 ? null : Math.min(...ends);
  }
}

function keyOf({ event, task, alias, fact }: Notice): string {
  const path = fact !== null && "path" in fact ? fact.path : "";
  return JSON.stringify([PAIRS[event] ?? event, task, alias, path]);
}
