/**
 * Slows down who guesses. Failures are counted for each address; from the sixth within a minute on, each waits before it
 * is told, longer and longer. Only so many may wait: whoever has more under way is refused at once.
 */
import { TooManyError } from "../domain/errors.ts";
import type { Clock } from "../domain/ports.ts";

const WINDOW_MS = 60_000;
const FREE = 5;
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 5000;
const MOST_WAITING_OF_ONE = 4;
const MOST_WAITING = 64;
/** Beyond, the address that failed longest ago is forgotten. */
const MOST_ADDRESSES = 10_000;

interface Record {
  failures: number[];
  /** How many wait, or are being looked at. */
  waiting: number;
}

export class Throttle {
  readonly #clock: Clock;
  readonly #records = new Map<string, Record>();
  #waiting = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether somebody at this address may try at the moment. Throws `too_many`. */
  admit(address: string): void {
    const record = this.#records.get(networkOf(address));
    if (record === undefined || record.failures.length < FREE) return;
    if (record.waiting >= MOST_WAITING_OF_ONE || this.#waiting >= MOST_WAITING)
      throw new TooManyError(Math.ceil(LONGEST_WAIT_MS / 1000));
  }

  /** Counts a failure; settles when it may be told. Throws `too_many`. */
  async failed(address: string): Promise<void> {
    const record = this.#count(networkOf(address));
    const beyond = record.failures.length - FREE;
    if (beyond <= 0) return;
    this.admit(address);
    record.waiting++;
    this.#waiting++;
    const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(beyond - 1, 10));
    await new Promise<void>((resolve) => this.#clock.at(this.#clock.now().mono + wait, resolve));
    record.waiting--;
    this.#waiting--;
  }

  #count(network: string): Record {
    const now = this.#clock.now().mono;
    const record = this.#records.get(network) ?? { failures: [], waiting: 0 };
    record.failures = [...record.failures.filter((at) => at > now - WINDOW_MS), now].slice(-32);
    // moved to the end: the map is in the order of the last failure
    this.#records.delete(network);
    this.#records.set(network, record);
    const [oldest] = this.#records.keys();
    if (this.#records.size > MOST_ADDRESSES && oldest !== undefined) this.#records.delete(oldest);
    return record;
  }
}

/** Whoever has an address of version 6 has 2^64 of them. */
export function networkOf(address: string): string {
  if (!address.includes(":") || address.toLowerCase().startsWith("::ffff:")) return address;
  const [head = "", tail = ""] = address.split("::");
  const front = head === "" ? [] : head.split(":");
  const back = tail === "" ? [] : tail.split(":");
  const gap = Array<string>(Math.max(0, 8 - front.length - back.length)).fill("0");
  return `${[...front, ...gap, ...back].slice(0, 4).join(":")}::/64`;
}
