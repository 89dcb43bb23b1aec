/** Who waits for the file of which alias to grow. The source is asked only while somebody does. */
import type { Cancel } from "../domain/ports.ts";

export class Growth {
  readonly #waiting = new Map<string, Set<() => void>>();
  readonly #ask: (alias: string) => void;

  constructor(ask: (alias: string) => void = () => undefined) {
    this.#ask = ask;
  }

  add(alias: string, callback: () => void): Cancel {
    const callbacks = this.#waiting.get(alias) ?? new Set();
    callbacks.add(callback);
    this.#waiting.set(alias, callbacks);
    this.#ask(alias);
    return () => {
      callbacks.delete(callback);
      if (callbacks.size === 0 && this.#waiting.get(alias) === callbacks) this.#waiting.delete(alias);
    };
  }

  tell(alias: string): void {
    const callbacks = this.#waiting.get(alias);
    if (callbacks === undefined) return;
    this.#waiting.delete(alias);
    for (const callback of callbacks) callback();
  }
}
