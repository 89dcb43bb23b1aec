/**
 * Capture on Linux, the main thread's half: makes the FIFOs and tells the capture thread of them. The bytes never
 * pass through here, nor through JavaScript at all.
 */
import { closeSync, unlinkSync, writeSync } from "node:fs";
import type { Cancel, Channel, OpenChannel } from "../domain/ports.ts";
import { openLibc } from "../platform/libc.ts";
import type { Capture, ReportLoss } from "./capture.ts";
import { discardFifo, leftFifos, openFifoPair, reopenFifo } from "./fifo.ts";
import { Growth } from "./growth.ts";
import type { FromThread, ToThread } from "./splice-protocol.ts";

const EFD_CLOEXEC = 0o2000000;
const EFD_NONBLOCK = 0o4000;
const ONE = new Uint8Array(new BigUint64Array([1n]).buffer);

/** The types of the browser's Worker hide what Bun's has beside. */
type BunWorker = Worker & { ref(): void };

export interface SpliceCaptureOptions {
  readonly fifoDirs: readonly string[];
  readonly logDir: string;
  /** The module of the capture thread. */
  readonly thread: string | URL;
  readonly reportLoss: ReportLoss;
}

export class SpliceCapture implements Capture {
  readonly #options: SpliceCaptureOptions;
  readonly #worker: BunWorker;
  readonly #wakeFd: number;
  readonly #seen = new Map<string, number>();
  readonly #growth = new Growth((alias) => {
    this.#send({ kind: "watch", alias, seen: this.#seen.get(alias) ?? -1 });
  });
  readonly #syncs = new Map<number, () => void>();
  #lastSync = 0;
  #closed: (() => void) | null = null;

  constructor(options: SpliceCaptureOptions) {
    this.#options = options;
    const libc = openLibc({ eventfd: { args: ["u32", "i32"], returns: "i32" } });
    this.#wakeFd = libc.eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    this.#worker = new Worker(options.thread, { ref: false }) as BunWorker;
    this.#worker.onmessage = (event: MessageEvent<FromThread>) => this.#receive(event.data);
    this.#send({ kind: "setup", logDir: options.logDir, wakeFd: this.#wakeFd });
  }

  open({ alias, run, owner }: OpenChannel): Channel {
    const { out, err } = openFifoPair(this.#options.fifoDirs, run, owner);
    return {
      stdout: out.writeEnd,
      stderr: err.writeEnd,
      spawned: () => {
        this.#send(
          ...[out, err].map(
            ({ readEnd, path }) => ({ kind: "open", alias, fd: readEnd, path, resumed: false }) as const,
          ),
        );
        closeSync(out.writeEnd);
        closeSync(err.writeEnd);
      },
      discard: () => {
        discardFifo(out);
        discardFifo(err);
      },
    };
  }

  resume(aliasOf: (run: string) => string | null): void {
    for (const left of leftFifos(this.#options.fifoDirs)) {
      const alias = aliasOf(left.run);
      if (alias === null) unlinkSync(left.path);
      else this.#send({ kind: "open", alias, fd: reopenFifo(left), path: left.path, resumed: true });
    }
  }

  note(alias: string, text: string): void {
    this.#send({ kind: "note", alias, text });
  }

  sync(): Promise<void> {
    const id = ++this.#lastSync;
    return new Promise((resolve) => {
      this.#syncs.set(id, resolve);
      this.#send({ kind: "sync", id });
    });
  }

  onGrowth(alias: string, callback: () => void): Cancel {
    return this.#growth.add(alias, callback);
  }

  async close(): Promise<void> {
    // from here on its answer is what the service lives for
    this.#worker.ref();
    await new Promise<void>((resolve) => {
      this.#closed = resolve;
      this.#send({ kind: "close" });
    });
    this.#worker.terminate();
    closeSync(this.#wakeFd);
  }

  #send(...messages: ToThread[]): void {
    for (const message of messages) this.#worker.postMessage(message);
    writeSync(this.#wakeFd, ONE);
  }

  #receive(message: FromThread): void {
    switch (message.kind) {
      case "grew":
        this.#seen.set(message.alias, message.count);
        return this.#growth.tell(message.alias);
      case "synced":
        this.#syncs.get(message.id)?.();
        this.#syncs.delete(message.id);
        return;
      case "lost":
        return this.#options.reportLoss(message.alias, message.bytes, message.reason);
      case "closed":
        return this.#closed?.();
    }
  }
}
