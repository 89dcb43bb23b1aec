/** Bytes from one socket to another and back. Whoever writes faster than the other reads is not read from meanwhile. */
import type { Socket } from "bun";

/** One direction. */
class Way {
  readonly #from: Socket<Ends>;
  readonly #to: Socket<Ends>;
  #rest: Uint8Array | null = null;
  #ended = false;

  constructor(from: Socket<Ends>, to: Socket<Ends>) {
    this.#from = from;
    this.#to = to;
  }

  write(bytes: Uint8Array): void {
    const written = Math.max(0, this.#to.write(bytes));
    if (written === bytes.length) return;
    this.#rest = bytes.subarray(written);
    this.#from.pause();
  }

  drain(): void {
    const rest = this.#rest;
    if (rest === null) return;
    this.#rest = null;
    this.write(rest);
    if (this.#rest !== null) return;
    if (this.#ended) this.#to.end();
    else this.#from.resume();
  }

  /** Nothing more comes: what is left goes on its way first. */
  end(): void {
    this.#ended = true;
    if (this.#rest === null) this.#to.end();
  }
}

/** What a socket of a relay knows of it. */
export interface Ends {
  /** What it says goes there. */
  out: Way | null;
  /** What it is told comes from there. */
  in: Way | null;
}

/** Ties two sockets together; both have been paused or silent until now. */
export function tie(one: Socket<Ends>, other: Socket<Ends>): void {
  const [there, back] = [new Way(one, other), new Way(other, one)];
  one.data = { out: there, in: back };
  other.data = { out: back, in: there };
}

export const RELAYED = {
  data: (socket: Socket<Ends>, bytes: Uint8Array) => socket.data.out?.write(bytes),
  drain: (socket: Socket<Ends>) => socket.data.in?.drain(),
  close: (socket: Socket<Ends>) => socket.data.out?.end(),
  error: (socket: Socket<Ends>) => socket.data.out?.end(),
};
