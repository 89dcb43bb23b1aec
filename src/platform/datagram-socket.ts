/** A socket of datagrams on Linux, such as that of the system's log: one is a message, and sending never waits. */
import { closeSync } from "node:fs";
import { read } from "bun:ffi";
import { cString, openLibc } from "./libc.ts";

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const MSG_NOSIGNAL = 0x4000;
const FULL: ReadonlySet<number> = new Set([11, 105]);
const TOO_LONG = 90;
const WORDS: Readonly<Record<number, string>> = {
  2: "it does not exist",
  13: "permission denied",
  107: "nobody listens",
  111: "nobody listens",
};

/** `full`: its reader is behind, and it may be tried again later. */
export type Sent = "sent" | "full" | { readonly reason: string };

export class DatagramSocket {
  readonly #path: string;
  readonly #libc = openLibc({
    socket: { args: ["i32", "i32", "i32"], returns: "i32" },
    connect: { args: ["i32", "ptr", "u32"], returns: "i32" },
    send: { args: ["i32", "ptr", "usize", "i32"], returns: "i64" },
    __errno_location: { args: [], returns: "ptr" },
  });
  #fd: number | null = null;

  /** A path that begins with @ is a name without a file. */
  constructor(path: string) {
    this.#path = path;
  }

  /** A daemon that was started anew is found again. */
  send(message: Uint8Array): Sent {
    const sent = this.#send(message);
    if (typeof sent === "string") return sent;
    this.close();
    return this.#send(message);
  }

  close(): void {
    if (this.#fd !== null) closeSync(this.#fd);
    this.#fd = null;
  }

  #send(message: Uint8Array): Sent {
    const fd = this.#fd ?? this.#open();
    if (typeof fd !== "number") return fd;
    this.#fd = fd;
    if (this.#libc.send(fd, message, message.length, MSG_NOSIGNAL) >= 0) return "sent";
    const errno = this.#errno();
    if (FULL.has(errno)) return "full";
    // one that this daemon takes at no length it can have is not worth another try
    return errno === TOO_LONG ? "sent" : { reason: wordsOf(errno) };
  }

  #open(): number | { readonly reason: string } {
    const fd = this.#libc.socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return { reason: wordsOf(this.#errno()) };
    const address = addressOf(this.#path);
    if (this.#libc.connect(fd, address, address.length) === 0) return fd;
    const reason = wordsOf(this.#errno());
    closeSync(fd);
    return { reason };
  }

  #errno(): number {
    const place = this.#libc.__errno_location();
    return place === null ? 0 : read.i32(place);
  }
}

function addressOf(path: string): Uint8Array {
  const name = path.startsWith("@") ? Buffer.from(`\0${path.slice(1)}`) : cString(path);
  return Buffer.concat([new Uint8Array(new Uint16Array([AF_UNIX]).buffer), name]);
}

function wordsOf(errno: number): string {
  return WORDS[errno] ?? `error ${errno} of the system`;
}
