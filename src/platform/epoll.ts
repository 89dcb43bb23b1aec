/** epoll(7): one set of file descriptors, and a wait that costs nothing. */
import { closeSync } from "node:fs";
import { ptr } from "bun:ffi";
import { openLibc } from "./libc.ts";

export const EPOLLIN = 1;
const EPOLLONESHOT = 1 << 30;
const EPOLL_CLOEXEC = 0o2000000;
const ADD = 1;
const REMOVE = 2;
/** So many descriptors at most are returned at a time; the next call goes on with the others. */
export const MAX_EVENTS = 256;
/** `struct epoll_event` is packed on x86-64 alone. */
const EVENT_BYTES = process.arch === "x64" ? 12 : 16;
const DATA_OFFSET = EVENT_BYTES - 8;

export class Epoll {
  readonly #libc = openLibc({
    epoll_create1: { args: ["i32"], returns: "i32" },
    epoll_ctl: { args: ["i32", "i32", "i32", "ptr"], returns: "i32" },
    epoll_wait: { args: ["i32", "ptr", "i32", "i32"], returns: "i32" },
  });
  /** The set itself is a descriptor too, which another thread may open. */
  readonly fd: number;
  readonly #events = new DataView(new ArrayBuffer(EVENT_BYTES * MAX_EVENTS));
  readonly #change = new DataView(new ArrayBuffer(EVENT_BYTES));

  /** A new set, or one that another thread has made. */
  constructor(fd?: number) {
    this.fd = fd ?? this.#libc.epoll_create1(EPOLL_CLOEXEC);
  }

  /** With "once" it is told a single time. */
  add(fd: number, events: number, how: "always" | "once" = "always"): void {
    this.#change.setUint32(0, how === "once" ? (events | EPOLLONESHOT) >>> 0 : events, true);
    this.#change.setInt32(DATA_OFFSET, fd, true);
    this.#libc.epoll_ctl(this.fd, ADD, fd, ptr(this.#change));
  }

  remove(fd: number): void {
    this.#libc.epoll_ctl(this.fd, REMOVE, fd, ptr(this.#change));
  }

  close(): void {
    closeSync(this.fd);
  }

  /** Blocks this thread until a descriptor is ready or so many ms have passed, and returns those that are ready. */
  wait(timeoutMs = -1): number[] {
    return this.#ready(timeoutMs);
  }

  /** Those that are ready now. */
  poll(): number[] {
    return this.#ready(0);
  }

  #ready(timeoutMs: number): number[] {
    const count = this.#libc.epoll_wait(this.fd, ptr(this.#events), MAX_EVENTS, timeoutMs);
    const ready: number[] = [];
    for (let i = 0; i < count; i++) ready.push(this.#events.getInt32(i * EVENT_BYTES + DATA_OFFSET, true));
    return ready;
  }
}
