/** Who waits for the file of which alias to grow. The source is asked only while somebody does. */
import type { Cancel } from "../domain/ports.ts";

export class Growth {
  readonly #waiting = new Map<string, Set<() => void>>();
  readonly #ask: (alias: string) => void;
  readonly #forget: (alias: string) => void;

  /** `forget` is told when nobody waits any more. */
  constructor(
    ask: (alias: string) => void = () => undefined,
    forget: (alias: string) => void = () => undefined,
  ) {
    this.#ask = ask;
    this.#forget = forget;
  }

  add(alias: string, callback: () => void): Cancel {
    const callbacks = this.#waiting.get(alias) ?? new Set();
    callbacks.add(callback);
    this.#waiting.set(alias, callbacks);
    this.#ask(alias);
    return () => {
      callbacks.delete(callback);
      if (callbacks.size > 0 || this.#waiting.get(alias) !== callbacks) return;
      this.#waiting.delete(alias);
      this.#forget(alias);
    };
  }

  /** Of which growth is waited for. */
  aliases(): IterableIterator<string> {
    return this.#waiting.keys();
  }

  tell(alias: string): void {
    const callbacks = this.#waiting.get(alias);
    if (callbacks === undefined) return;
    this.#waiting.delete(alias);
    for (const callback of callbacks) callback();
  }
}
