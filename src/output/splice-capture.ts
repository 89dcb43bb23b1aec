/**
 * Capture on Linux, the main thread's half: makes the FIFOs and tells the capture thread of them. The bytes never
 * pass through here, nor through JavaScript at all.
 */
import { closeSync, fstatSync, statSync, unlinkSync, writeSync } from "node:fs";
import type { LogPolicy } from "../domain/output.ts";
import type { Cancel, Channel, OpenChannel } from "../domain/ports.ts";
import { openLibc } from "../platform/libc.ts";
import type { Capture, CaptureOptions } from "./capture.ts";
import { Compressor } from "./compressor.ts";
import { type Fifo, discardFifo, leftFifos, openFifoPair, reopenFifo } from "./fifo.ts";
import { Growth } from "./growth.ts";
import { notRemoved } from "./loss.ts";
import type { FromThread, OpenStream, ToThread } from "./splice-protocol.ts";

const EFD_CLOEXEC = 0o2000000;
const EFD_NONBLOCK = 0o4000;
const ONE = new Uint8Array(new BigUint64Array([1n]).buffer);
/** A thread that fails again and again is not started anew for ever. */
const MAX_RESTARTS = 5;

/** The types of the browser's Worker hide what Bun's has beside. */
type BunWorker = Worker & { ref(): void };

export interface SpliceCaptureOptions extends CaptureOptions {
  readonly fifoDirs: readonly string[];
  /** The module of the capture thread. */
  readonly thread: string | URL;
}

export class SpliceCapture implements Capture {
  readonly #options: SpliceCaptureOptions;
  readonly #wakeFd: number;
  readonly #compressor: Compressor;
  readonly #seen = new Map<string, number>();
  readonly #growth = new Growth(
    (alias) => this.#send({ kind: "watch", alias, seen: this.#seen.get(alias) ?? -1 }),
    (alias) => this.#seen.delete(alias),
  );
  /** What another thread has to be told if this one fails. */
  readonly #streams = new Map<number, OpenStream>();
  readonly #policies = new Map<string, LogPolicy>();
  readonly #asked = new Map<
    number,
    { readonly message: ToThread; readonly done: (problem: string | null) => void }
  >();
  #isComplete = false;
  #worker: BunWorker;
  #lastId = 0;
  #restarts = 0;
  #state: "open" | "closing" | "closed" = "open";
  #closed: (() => void) | null = null;

  constructor(options: SpliceCaptureOptions) {
    this.#options = options;
    const libc = openLibc({ eventfd: { args: ["u32", "i32"], returns: "i32" } });
    this.#wakeFd = libc.eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    this.#compressor = new Compressor(options.compressThread, (job, bytes) =>
      this.#send({ kind: "compressed", job, bytes }),
    );
    this.#worker = this.#start();
  }

  open({ alias, run, owner }: OpenChannel): Channel {
    const { out, err } = openFifoPair(this.#options.fifoDirs, run, owner);
    return {
      stdout: out.writeEnd,
      stderr: err.writeEnd,
      spawned: () => {
        const ends = [
          [out, "stdout"],
          [err, "stderr"],
        ] as const;
        this.#send({
          kind: "open",
          streams: ends.map(([fifo, stream]) => this.#keep({ alias, run, stream, ...read(fifo) })),
        });
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
    const streams: OpenStream[] = [];
    for (const left of leftFifos(this.#options.fifoDirs)) {
      const { run, stream, path } = left;
      const alias = aliasOf(run);
      if (alias === null) unlinkSync(path);
      else streams.push(this.#keep({ alias, run, stream, path, fd: reopenFifo(left) }));
    }
    this.#isComplete = true;
    this.#send({ kind: "resume", streams }, { kind: "complete" });
  }

  note(alias: string, text: string): void {
    this.#send({ kind: "note", alias, text });
  }

  setPolicy(task: string, policy: LogPolicy | null): void {
    if (policy === null) this.#policies.delete(task);
    else this.#policies.set(task, policy);
    this.#send({ kind: "policy", task, policy });
  }

  sync(): Promise<void> {
    return this.#ask((id) => ({ kind: "sync", id }));
  }

  clear(aliases: readonly string[]): Promise<void> {
    return this.#ask((id) => ({ kind: "clear", id, aliases }));
  }

  onGrowth(alias: string, callback: () => void): Cancel {
    return this.#growth.add(alias, callback);
  }

  async close(): Promise<void> {
    this.#compressor.close();
    if (this.#state !== "open") return;
    // from here on its answer is what the service lives for
    this.#worker.ref();
    await new Promise<void>((resolve) => {
      this.#closed = resolve;
      this.#send({ kind: "close" });
      this.#state = "closing";
    });
    this.#state = "closed";
    this.#worker.terminate();
    closeSync(this.#wakeFd);
    this.#answerAll();
  }

  #start(): BunWorker {
    const { thread, logDir, defaults, allTasksBytes } = this.#options;
    const worker = new Worker(thread, { ref: false }) as BunWorker;
    worker.onmessage = (event: MessageEvent<FromThread>) => this.#receive(event.data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.#failed(worker, inOneLine(event.message));
    };
    this.#post(worker, { kind: "setup", logDir, wakeFd: this.#wakeFd, defaults, allTasksBytes });
    return worker;
  }

  /** Bytes that processes write meanwhile wait in the FIFOs: another thread goes on with them. */
  #failed(worker: BunWorker, reason: string): void {
    if (worker !== this.#worker || this.#state === "closed") return;
    worker.terminate();
    if (this.#state === "closing") return this.#closed?.();
    if (++this.#restarts > MAX_RESTARTS) {
      this.#options.reportTrouble(`The capture of output has failed too often and is given up: ${reason}`);
      this.#state = "closed";
      return this.#answerAll();
    }
    this.#options.reportTrouble(`The capture of output has failed and is started anew: ${reason}`);
    this.#compressor.close();
    this.#worker = this.#start();
    for (const [task, policy] of this.#policies) this.#send({ kind: "policy", task, policy });
    this.#send({ kind: "resume", streams: [...this.#streams.values()].filter((each) => this.#isOpen(each)) });
    if (this.#isComplete) this.#send({ kind: "complete" });
    for (const { message } of this.#asked.values()) this.#send(message);
    for (const alias of this.#growth.aliases()) this.#send({ kind: "watch", alias, seen: -1 });
  }

  /** The thread may have closed it without a chance to tell. */
  #isOpen({ id, fd, path }: OpenStream): boolean {
    const inode = statSync(path, { throwIfNoEntry: false })?.ino;
    if (inode !== undefined && isFile(fd, inode)) return true;
    return !this.#streams.delete(id);
  }

  #keep(stream: Omit<OpenStream, "id">): OpenStream {
    const kept = { ...stream, id: ++this.#lastId };
    this.#streams.set(kept.id, kept);
    return kept;
  }

  #ask(message: (id: number) => ToThread): Promise<void> {
    const id = ++this.#lastId;
    if (this.#state !== "open") return Promise.resolve();
    return new Promise((resolve, reject) => {
      const done = (problem: string | null): void => {
        if (problem === null) resolve();
        else reject(notRemoved(problem));
      };
      this.#asked.set(id, { message: message(id), done });
      this.#send(message(id));
    });
  }

  #answerAll(): void {
    for (const { done } of this.#asked.values()) done(null);
    this.#asked.clear();
  }

  /** Without a thread there is nobody to tell: what processes write waits for the next service. */
  #send(...messages: ToThread[]): void {
    if (this.#state === "open") this.#post(this.#worker, ...messages);
  }

  #post(worker: BunWorker, ...messages: ToThread[]): void {
    for (const message of messages) worker.postMessage(message);
    writeSync(this.#wakeFd, ONE);
  }

  #receive(message: FromThread): void {
    switch (message.kind) {
      case "grew":
        this.#seen.set(message.alias, message.count);
        return this.#growth.tell(message.alias);
      case "done":
        this.#asked.get(message.id)?.done(message.problem);
        this.#asked.delete(message.id);
        return;
      case "lost":
        return this.#options.reportLoss(message.alias, message.bytes, message.reason);
      case "ended":
        this.#streams.delete(message.id);
        return;
      case "compress":
        return this.#state === "open" ? this.#compressor.run(message.job) : undefined;
      case "trouble":
        return this.#options.reportTrouble(message.text);
      case "closed":
        return this.#closed?.();
    }
  }
}

function read({ readEnd, path }: Fifo): Pick<OpenStream, "fd" | "path"> {
  return { fd: readEnd, path };
}

/** Bun shows the source around it as well. */
function inOneLine(message: string): string {
  return (/^\w*error: (.*)$/im.exec(message)?.[1] ?? message).trim().split("\n")[0] ?? "";
}

/** False for a descriptor that is closed, or another's by now. */
function isFile(fd: number, inode: number): boolean {
  try {
    return fstatSync(fd).ino === inode;
  } catch {
    return false;
  }
}
