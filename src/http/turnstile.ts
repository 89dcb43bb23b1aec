/**
 * How much is taken at a time: requests that have no answer yet, and streams that stay open; in all, and from one
 * address. An address of this machine has no bound of its own: behind a proxy it stands for everybody.
 */
import type { Limits } from "../domain/config.ts";

/** To be called once, when it is over. */
export type Leave = () => void;

/** More than is taken at a time: 503 where the service is full, 429 where it is this one address's doing. */
export class FullError extends Error {
  override readonly name = "FullError";
  readonly status: 429 | 503;

  constructor(status: 429 | 503, message: string) {
    super(message);
    this.status = status;
  }
}

export interface Turnstile {
  /** Throws FullError. */
  request(address: string): Leave;
  /** Throws FullError. */
  stream(address: string): Leave;
}

export function makeTurnstile(limits: Limits): Turnstile {
  const requests = new Counter("requests", limits.requests, limits.requestsPerAddress);
  const streams = new Counter("streams", limits.streams, limits.streamsPerAddress);
  return {
    request: (address) => requests.enter(address),
    stream: (address) => streams.enter(address),
  };
}

class Counter {
  readonly #what: string;
  readonly #most: number;
  readonly #mostOfOne: number;
  readonly #byAddress = new Map<string, number>();
  #all = 0;

  constructor(what: string, most: number, mostOfOne: number) {
    this.#what = what;
    this.#most = most;
    this.#mostOfOne = mostOfOne;
  }

  enter(address: string): Leave {
    if (this.#all >= this.#most) throw new FullError(503, `The service has too many ${this.#what} open`);
    const from = isOfMachine(address) ? null : networkOf(address);
    if (from !== null) this.#count(from);
    this.#all++;
    let inside = true;
    return () => {
      if (!inside) return;
      inside = false;
      this.#all--;
      if (from !== null) this.#uncount(from);
    };
  }

  #count(from: string): void {
    const open = this.#byAddress.get(from) ?? 0;
    if (open >= this.#mostOfOne) throw new FullError(429, `This address has too many ${this.#what} open`);
    this.#byAddress.set(from, open + 1);
  }

  #uncount(from: string): void {
    const left = (this.#byAddress.get(from) ?? 1) - 1;
    if (left === 0) this.#byAddress.delete(from);
    else this.#byAddress.set(from, left);
  }
}

function isOfMachine(address: string): boolean {
  return address === "unix" || address === "unknown" || address === "::1" || address.startsWith("127.");
}

/** Who has one address of IPv6 has as many as he likes: his network counts, the first 64 bits. */
export function networkOf(address: string): string {
  if (!address.includes(":")) return address;
  const [head = "", tail] = address.split("::");
  const front = head.split(":").filter(Boolean);
  const back = (tail ?? "").split(":").filter(Boolean);
  const gap = tail === undefined ? [] : Array<string>(Math.max(0, 8 - front.length - back.length)).fill("0");
  return [...front, ...gap, ...back].slice(0, 4).join(":");
}
