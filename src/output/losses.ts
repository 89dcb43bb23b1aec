/** Output that could not be kept. A full disk loses some many times a second: it is told at once, then summed up. */
import type { Cancel, Clock, Publish } from "../domain/ports.ts";
import { partsOfAlias } from "../domain/task.ts";
import type { ReportLoss } from "./capture.ts";

const SUM_MS = 5000;

export class Losses {
  readonly #clock: Clock;
  readonly #publish: Publish;
  /** The aliases that have lost something in the last seconds, with what has not been told of it. */
  readonly #open = new Map<string, { readonly bytes: number; readonly reason: string }>();
  readonly #timers = new Set<Cancel>();

  constructor(clock: Clock, publish: Publish) {
    this.#clock = clock;
    this.#publish = publish;
  }

  readonly report: ReportLoss = (alias, bytes, reason) => {
    const known = this.#open.get(alias);
    if (known === undefined) this.#tell(alias, bytes, reason);
    else this.#open.set(alias, { bytes: known.bytes + bytes, reason });
  };

  /** Why output is being lost at the moment, or `null`. */
  trouble(): string | null {
    const [first] = this.#open;
    return first === undefined ? null : `${first[0]}: ${first[1].reason}`;
  }

  /** Tells what has not been told yet. */
  close(): void {
    for (const cancel of this.#timers) cancel();
    for (const [alias, { bytes, reason }] of this.#open) if (bytes > 0) this.#say(alias, bytes, reason);
    this.#open.clear();
  }

  #tell(alias: string, bytes: number, reason: string): void {
    this.#say(alias, bytes, reason);
    this.#open.set(alias, { bytes: 0, reason });
    const cancel = this.#clock.at(this.#clock.now().mono + SUM_MS, () => {
      this.#timers.delete(cancel);
      const more = this.#open.get(alias);
      this.#open.delete(alias);
      if (more !== undefined && more.bytes > 0) this.#tell(alias, more.bytes, more.reason);
    });
    this.#timers.add(cancel);
  }

  #say(alias: string, bytes: number, reason: string): void {
    const { task, index } = partsOfAlias(alias);
    this.#publish({ kind: "output.lost", task, alias, index, bytes, reason });
  }
}
