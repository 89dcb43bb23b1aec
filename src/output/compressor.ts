/** Has closed segments compressed by a thread that is there only while there is something to compress. */
import type { CompressJob } from "./compression.ts";
import type { FromCompressThread } from "./compress-thread.ts";
import { removeFile } from "./inventory.ts";

export class Compressor {
  readonly #thread: string | URL;
  readonly #done: (job: CompressJob, bytes: number | null) => void;
  #worker: Worker | null = null;
  #job: CompressJob | null = null;

  /** `done` is told the size of what was made, `null` if it could not be. */
  constructor(thread: string | URL, done: (job: CompressJob, bytes: number | null) => void) {
    this.#thread = thread;
    this.#done = done;
  }

  /** One at a time; `null` when there is nothing left. */
  run(job: CompressJob | null): void {
    if (job === null) return this.#end();
    this.#job = job;
    this.#worker ??= this.#start();
    this.#worker.postMessage(job);
  }

  close(): void {
    const job = this.#job;
    this.#end();
    if (job !== null) removeFile(job.temporary);
  }

  #start(): Worker {
    const worker = new Worker(this.#thread, { ref: false });
    worker.onmessage = (event: MessageEvent<FromCompressThread>) => this.#finish(event.data.bytes);
    worker.onerror = () => {
      this.#worker = null;
      this.#finish(null);
    };
    return worker;
  }

  #finish(bytes: number | null): void {
    const job = this.#job;
    this.#job = null;
    if (job !== null) this.#done(job, bytes);
  }

  #end(): void {
    this.#job = null;
    this.#worker?.terminate();
    this.#worker = null;
  }
}
