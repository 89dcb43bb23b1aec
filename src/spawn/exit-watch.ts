/**
 * Tells when a process ends that is not a child which Bun knows of, such as one that an earlier service has started. On
 * Linux a thread sleeps until the process's pidfd says so (pidfd_open(2), Linux 5.3); elsewhere it is looked at now and then.
 */
import { closeSync } from "node:fs";
import type { Clock } from "../domain/ports.ts";
import { EPOLLIN, Epoll } from "../platform/epoll.ts";
import { openLibc } from "../platform/libc.ts";
import { sendSignal } from "./tree.ts";

const SYS_PIDFD_OPEN = 434;
const LOOK_MS = 1000;

export interface ExitWatchOptions {
  readonly clock: Clock;
  /** The module of the thread that sleeps. */
  readonly thread: string | URL;
}

export class ExitWatch {
  readonly #options: ExitWatchOptions;
  #pidfds: Pidfds | null = null;

  constructor(options: ExitWatchOptions) {
    this.#options = options;
  }

  /** Calls back once, when the process is no more. */
  watch(pid: number, callback: () => void): void {
    if (process.platform !== "linux") return this.#look(pid, callback);
    this.#pidfds ??= new Pidfds(this.#options.thread);
    if (!this.#pidfds.watch(pid, callback)) this.#look(pid, callback);
  }

  close(): void {
    this.#pidfds?.close();
    this.#pidfds = null;
  }

  #look(pid: number, callback: () => void): void {
    const { clock } = this.#options;
    clock.at(clock.now().mono + LOOK_MS, () => {
      if (sendSignal(pid, 0)) this.#look(pid, callback);
      else callback();
    });
  }
}

/** This thread puts pidfds into an epoll set, another one waits on it. */
class Pidfds {
  readonly #libc = openLibc({ syscall: { args: ["i64", "i64", "i64"], returns: "i64" } });
  readonly #epoll = new Epoll();
  readonly #callbacks = new Map<number, () => void>();
  readonly #worker: Worker;

  constructor(thread: string | URL) {
    this.#worker = new Worker(thread, { ref: false });
    this.#worker.onmessage = (event: MessageEvent<number[]>) => {
      for (const fd of event.data) this.#ended(fd);
    };
    this.#worker.postMessage(this.#epoll.fd);
  }

  /** False if the kernel gives no pidfd: it is too old, or the process is gone. */
  watch(pid: number, callback: () => void): boolean {
    const fd = Number(this.#libc.syscall(SYS_PIDFD_OPEN, pid, 0));
    if (fd < 0) return false;
    this.#callbacks.set(fd, callback);
    this.#epoll.add(fd, EPOLLIN, "once");
    return true;
  }

  close(): void {
    this.#worker.terminate();
  }

  #ended(fd: number): void {
    const callback = this.#callbacks.get(fd);
    this.#callbacks.delete(fd);
    this.#epoll.remove(fd);
    closeSync(fd);
    callback?.();
  }
}
