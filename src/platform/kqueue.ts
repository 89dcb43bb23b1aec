/** kqueue(2) of macOS, as far as it tells of the exits of processes, also of those that are nobody's child. */
import { ptr } from "bun:ffi";
import { openLibc } from "./libc.ts";

/** `struct kevent` of <sys/event.h>, 64 bits: ident, filter, flags, fflags, data, udata. */
export const KEVENT_BYTES = 32;
const FILTER = 8;
const FLAGS = 10;
const FFLAGS = 12;
const EVFILT_PROC = -5;
const EV_ADD = 0x1;
const EV_ONESHOT = 0x10;
const NOTE_EXIT = 0x8000_0000;
/** So many exits at most are returned at a time; the next call goes on with the others. */
const MAX_EVENTS = 256;

/** The change that asks to be told of the exit of a process, once. */
export function writeExitRequest(event: DataView, pid: number): void {
  event.setBigUint64(0, BigInt(pid), true);
  event.setInt16(FILTER, EVFILT_PROC, true);
  event.setUint16(FLAGS, EV_ADD | EV_ONESHOT, true);
  event.setUint32(FFLAGS, NOTE_EXIT, true);
}

/** The processes of which the first `count` events tell. */
export function pidsOf(events: DataView, count: number): number[] {
  return Array.from({ length: Math.max(0, count) }, (_, i) =>
    Number(events.getBigUint64(i * KEVENT_BYTES, true)),
  );
}

export class Kqueue {
  readonly #libc = openLibc({
    kqueue: { args: [], returns: "i32" },
    kevent: { args: ["i32", "ptr", "i32", "ptr", "i32", "ptr"], returns: "i32" },
  });
  /** The queue itself is a descriptor, on which another thread may wait. */
  readonly fd: number;
  readonly #events = new DataView(new ArrayBuffer(KEVENT_BYTES * MAX_EVENTS));
  readonly #change = new DataView(new ArrayBuffer(KEVENT_BYTES));

  /** A new queue, or one that another thread has made. */
  constructor(fd?: number) {
    this.fd = fd ?? this.#libc.kqueue();
  }

  /** False if there is no such process any more. */
  addExit(pid: number): boolean {
    writeExitRequest(this.#change, pid);
    return this.#libc.kevent(this.fd, ptr(this.#change), 1, null, 0, null) === 0;
  }

  /** Blocks this thread until processes end, and returns which. */
  wait(): number[] {
    const count = this.#libc.kevent(this.fd, null, 0, ptr(this.#events), MAX_EVENTS, null);
    return pidsOf(this.#events, count);
  }
}
