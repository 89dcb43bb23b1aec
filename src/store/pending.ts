/**
 * When the backlog is written. What fails (disk full, read-only) waits and is tried again now and then; nobody else waits
 * for it. A write that SQLite refuses for what it says is told and given up, so that nothing waits behind it.
 */
import type { Database } from "bun:sqlite";
import { inWords } from "../platform/system-errors.ts";
import { Backlog } from "./backlog.ts";
import { isRefusal } from "./refusal.ts";
import type { Lost, Write } from "./write.ts";

const RETRY_MS = 1000;
/** So much at a time is made up for: neither a try nor the making up holds up the service. */
const BATCH = 500;

export interface PendingOptions {
  readonly database: Database;
  /** Told once when writing begins to fail. */
  readonly onTrouble: (reason: string) => void;
  /** Told when all has been made up for, but for what had to be given up. */
  readonly onRecovery: (lost: Lost) => void;
  /** Told of a write that will never be done. */
  readonly onRefusal: (what: string, reason: string) => void;
  /** Told how many writes are on disk now, at each time. */
  readonly onWritten: (count: number) => void;
}

export class PendingWrites {
  readonly #options: PendingOptions;
  readonly #backlog: Backlog;
  #retry: Timer | null = null;
  #flushing: ReturnType<typeof setImmediate> | null = null;
  #failing = false;

  constructor(options: PendingOptions) {
    this.#options = options;
    this.#backlog = new Backlog(options.database);
  }

  /** Written now, with whatever has been put off until now. */
  now(add: (backlog: Backlog) => void): void {
    add(this.#backlog);
    this.flush();
  }

  /** Written with the next write, or at the end of this turn of the event loop: many together cost little more than one. */
  soon(add: (backlog: Backlog) => void): void {
    add(this.#backlog);
    this.#flushing ??= setImmediate(() => {
      this.#flushing = null;
      this.flush();
    });
  }

  /** While writing fails it is tried now and then, and nobody has to wait for each try. */
  flush(): void {
    if (this.#failing) this.#backlog.trim();
    else this.#write(Number.POSITIVE_INFINITY);
  }

  /** The last try. */
  close(): void {
    this.#write(Number.POSITIVE_INFINITY);
    if (this.#retry !== null) clearTimeout(this.#retry);
    if (this.#flushing !== null) clearImmediate(this.#flushing);
  }

  #write(atMost: number): void {
    if (this.#backlog.empty) return;
    const batch = [...this.#backlog.writes().take(atMost)];
    try {
      this.#perform(batch);
    } catch (error) {
      return this.#later(inWords(error));
    }
    if (!this.#backlog.empty) return this.#again(0);
    if (!this.#failing) return;
    this.#failing = false;
    this.#options.onRecovery(this.#backlog.takeLost());
  }

  /** All or nothing, but for what is refused. */
  #perform(batch: readonly Write[]): void {
    const refused: [what: string, reason: string][] = [];
    this.#options.database.transaction(() => {
      for (const write of batch) {
        try {
          write.perform();
        } catch (error) {
          if (!isRefusal(error)) throw error;
          refused.push([write.describe(), inWords(error)]);
        }
      }
    })();
    for (const write of batch) write.done();
    this.#options.onWritten(batch.length);
    for (const [what, reason] of refused) this.#options.onRefusal(what, reason);
  }

  #later(reason: string): void {
    const known = this.#failing;
    this.#failing = true;
    if (!known) this.#options.onTrouble(reason);
    this.#backlog.trim();
    this.#again(RETRY_MS);
  }

  #again(ms: number): void {
    this.#retry ??= setTimeout(() => {
      this.#retry = null;
      this.#write(BATCH);
    }, ms);
  }
}
