/**
 * When the write-ahead log is moved into the database. That waits for the disk, so a thread does it, which is there for as
 * long as it takes: nothing of it is left in between. The log begins anew once all of it has been moved. Should writing
 * never pause for that, SQLite itself moves the rest when the log has become long.
 */

/** So many rows: about 8 to 16 MB of the log, less than half of what SQLite waits for, so that pages which change often move once. */
const DUE_ROWS = 2000;

/** The types of the DOM know no `ref`. */
type BunWorker = Worker & { ref(): void };

export interface CheckpointOptions {
  /** The database's file. */
  readonly path: string;
  /** The module of the thread. */
  readonly thread: string | URL;
  /** Told why it failed. The log grows meanwhile, and it is tried again. */
  readonly onTrouble: (reason: string) => void;
}

export class Checkpoints {
  readonly #options: CheckpointOptions;
  #worker: BunWorker | null = null;
  #rows = 0;
  #ended: (() => void) | null = null;

  constructor(options: CheckpointOptions) {
    this.#options = options;
  }

  /** So many rows have been written. */
  written(rows: number): void {
    this.#rows += rows;
    if (this.#rows >= DUE_ROWS) this.begin();
  }

  /** Moves what has been written, however little. */
  begin(): void {
    if (this.#rows === 0 || this.#worker !== null) return;
    this.#rows = 0;
    this.#worker = new Worker(this.#options.thread, { ref: false, smol: true }) as BunWorker;
    this.#worker.onmessage = ({ data }: MessageEvent<string | null>) => this.#end(data);
    this.#worker.onerror = ({ message }) => this.#end(message);
    this.#worker.postMessage(this.#options.path);
  }

  /** Settles when nobody is at the log any more. */
  async close(): Promise<void> {
    if (this.#worker === null) return;
    // from here on its answer is what the service lives for
    this.#worker.ref();
    await new Promise<void>((resolve) => {
      this.#ended = resolve;
    });
  }

  #end(trouble: string | null): void {
    this.#worker?.terminate();
    this.#worker = null;
    if (trouble !== null) this.#options.onTrouble(trouble);
    this.#ended?.();
  }
}
