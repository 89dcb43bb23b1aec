/** Exits on Linux: this thread puts pidfds into an epoll set (pidfd_open(2), Linux 5.3), another one waits on it. */
import { closeSync } from "node:fs";
import { EPOLLIN, Epoll } from "../platform/epoll.ts";
import { openLibc } from "../platform/libc.ts";
import { type ExitSource, sleepOn } from "./exit-source.ts";

const SYS_PIDFD_OPEN = 434;

export class LinuxExits implements ExitSource {
  readonly #libc = openLibc({ syscall: { args: ["i64", "i64", "i64"], returns: "i64" } });
  readonly #epoll = new Epoll();
  readonly #callbacks = new Map<number, () => void>();
  readonly #worker: Worker;

  constructor(thread: string | URL) {
    this.#worker = sleepOn(thread, this.#epoll.fd, (fd) => this.#ended(fd));
  }

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
