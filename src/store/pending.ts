/**
 * The writes that are not on disk yet, in their order. What fails (disk full, read-only) waits here and is tried again
 * now and then; nobody else waits for it.
 */
import type { Database } from "bun:sqlite";
import { inWords } from "../platform/system-errors.ts";

/** What was not written yet, the oldest first. Bounded: then the oldest facts go, never tasks or runs. */
const MAX_PENDING_FACTS = 10_000;
const RETRY_MS = 1000;

interface Pending {
  readonly write: () => void;
  /** May be given up when too much is waiting. */
  readonly dispensable?: boolean;
  /** A later write with the same key takes its place. */
  readonly key?: string;
}

export interface PendingOptions {
  readonly database: Database;
  /** Told once when writing begins to fail, and `null` when all has been made up for. */
  readonly onTrouble: (reason: string | null) => void;
}

export class PendingWrites {
  readonly #options: PendingOptions;
  #pending: Pending[] = [];
  #retry: Timer | null = null;
  #flushing: ReturnType<typeof setImmediate> | null = null;
  #failing = false;
  #queued = false;

  constructor(options: PendingOptions) {
    this.#options = options;
  }

  /** Written now, with whatever has been put off until now. */
  now(write: () => void): void {
    this.#pending.push({ write });
    this.flush();
  }

  /** Written before any microtask that is queued after this call: runs that start together are one transaction. */
  beforeOthers(write: () => void): void {
    this.#pending.push({ write });
    if (this.#queued) return;
    this.#queued = true;
    queueMicrotask(() => {
      this.#queued = false;
      this.flush();
    });
  }

  /**
   * Written with the next write, or at the end of this turn of the event loop: many together cost little more than one.
   * Of those with one key only the last is written.
   */
  soon(write: () => void, how: Omit<Pending, "write"> = {}): void {
    const older = how.key === undefined ? -1 : this.#pending.findIndex(({ key }) => key === how.key);
    if (older === -1) this.#pending.push({ ...how, write });
    else this.#pending[older] = { ...how, write };
    this.#flushing ??= setImmediate(() => {
      this.#flushing = null;
      this.flush();
    });
  }

  /** Else a later write of this key would take the place of one before what comes next. */
  drop(key: string): void {
    this.#pending = this.#pending.filter((each) => each.key !== key);
  }

  /** The last try. */
  close(): void {
    this.#write();
    if (this.#retry !== null) clearTimeout(this.#retry);
    if (this.#flushing !== null) clearImmediate(this.#flushing);
  }

  /** While writing fails it is tried now and then, and nobody has to wait for each try. */
  flush(): void {
    if (this.#failing) this.#forgetOldFacts();
    else this.#write();
  }

  #write(): void {
    if (this.#pending.length === 0) return;
    try {
      this.#writeAll();
      this.#pending.length = 0;
    } catch (error) {
      return this.#later(inWords(error));
    }
    if (!this.#failing) return;
    this.#failing = false;
    this.#options.onTrouble(null);
  }

  /** All or nothing. */
  #writeAll(): void {
    const [first] = this.#pending;
    if (this.#pending.length === 1) return first?.write();
    this.#options.database.transaction(() => {
      for (const { write } of this.#pending) write();
    })();
  }

  #later(reason: string): void {
    const known = this.#failing;
    this.#failing = true;
    if (!known) this.#options.onTrouble(reason);
    this.#forgetOldFacts();
    this.#retry ??= setTimeout(() => {
      this.#retry = null;
      this.#write();
    }, RETRY_MS);
  }

  #forgetOldFacts(): void {
    let surplus = this.#pending.filter(({ dispensable }) => dispensable === true).length - MAX_PENDING_FACTS;
    if (surplus <= 0) return;
    this.#pending = this.#pending.filter(({ dispensable }) => !(dispensable === true && surplus-- > 0));
  }
}
