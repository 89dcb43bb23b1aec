/** The processes of a run: its group, and what has left it. Ends them and tells when none is left. */
import type { Cancel, Clock } from "../domain/ports.ts";
import { codeOf } from "../platform/system-errors.ts";
import type { Owner, Strangers } from "./strangers.ts";

type Signal = "SIGTERM" | "SIGKILL";
const FIRST_LOOK_MS = 1;
const SLOWEST_LOOK_MS = 50;

export class ProcessTree {
  readonly #group: number;
  readonly #owner: Owner;
  readonly #strangers: Strangers;
  readonly #clock: Clock;
  #signal: Signal = "SIGTERM";
  /** Strangers that have had the current signal. */
  readonly #told = new Set<number>();
  #leaderExited = false;
  #look: Cancel | null = null;

  constructor(group: number, owner: Owner, strangers: Strangers, clock: Clock) {
    this.#group = group;
    this.#owner = owner;
    this.#strangers = strangers;
    this.#clock = clock;
  }

  leaderExited(): void {
    this.#leaderExited = true;
  }

  signal(signal: Signal): void {
    this.#signal = signal;
    this.#told.clear();
    if (this.groupExists()) sendSignal(process.platform === "win32" ? this.#group : -this.#group, signal);
    this.#tellStrangers();
  }

  anythingLeft(): boolean {
    this.#strangers.reap();
    return this.groupExists() || this.#strangers.of(this.#owner).length > 0;
  }

  /**
   * True while a process of the group is there. Once the leader is gone its number may come to name somebody
   * else's group, so then one of ours has to be found in it.
   */
  groupExists(): boolean {
    if (process.platform === "win32") return !this.#leaderExited;
    if (!sendSignal(-this.#group, 0)) return false;
    return !this.#leaderExited || this.#strangers.inGroup(this.#group) !== false;
  }

  /** Looks, at growing intervals while something is left, and calls back when nothing is. */
  whenGone(callback: () => void, delayMs = FIRST_LOOK_MS): void {
    this.#look?.();
    this.#strangers.reap();
    if (!this.#tellStrangers() && !this.groupExists()) return callback();
    const next = Math.min(delayMs * 2, SLOWEST_LOOK_MS);
    this.#look = this.#clock.at(this.#clock.now().mono + delayMs, () => this.whenGone(callback, next));
  }

  /** What lost its parent since the last look gets the signal too. True if there is any stranger. */
  #tellStrangers(): boolean {
    const strangers = this.#strangers.of(this.#owner);
    for (const pid of strangers) {
      if (this.#told.has(pid)) continue;
      this.#told.add(pid);
      sendSignal(pid, this.#signal);
    }
    return strangers.length > 0;
  }
}

/** False if there is no such process: it is gone already. */
export function sendSignal(pid: number, signal: Signal | 0): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch (error) {
    if (codeOf(error) === "ESRCH") return false;
    if (codeOf(error) === "EPERM") return true;
    throw error;
  }
}
