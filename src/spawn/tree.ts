/** The processes of a run: its group, and what has left it. Ends them and tells when none is left. */
import type { Signal } from "../domain/task-policies.ts";
import type { Cancel, Clock } from "../domain/ports.ts";
import { codeOf } from "../platform/system-errors.ts";
import type { Cgroup } from "./cgroup.ts";
import { groupOf, isVanishing } from "./identity.ts";
import type { Owner, Strangers } from "./strangers.ts";

const FIRST_LOOK_MS = 1;
const SLOWEST_LOOK_MS = 50;

export interface TreeOptions {
  readonly clock: Clock;
  readonly strangers: Strangers;
  /** The process group, which has the number of its leader. */
  readonly group: number;
  readonly owner: Owner;
  readonly cgroup: Cgroup | null;
  /** An earlier service has started it: its orphans are not our children. */
  readonly adopted: boolean;
  /** False if the leader had ended before we came. */
  readonly leaderLives: boolean;
}

export class ProcessTree {
  readonly #options: TreeOptions;
  #signal: Signal = "SIGTERM";
  /** Processes outside the group that have had the current signal. */
  readonly #told = new Set<number>();
  /** Processes that were found at the last look. */
  #found: readonly number[] = [];
  #leaderLives: boolean;
  #look: Cancel | null = null;

  constructor(options: TreeOptions) {
    this.#options = options;
    this.#leaderLives = options.leaderLives;
  }

  leaderExited(): void {
    this.#leaderLives = false;
  }

  signal(signal: Signal): void {
    const { group, cgroup } = this.#options;
    this.#signal = signal;
    this.#told.clear();
    const others = this.#others();
    if (this.#groupExists(others)) sendSignal(process.platform === "win32" ? group : -group, signal);
    this.#tell(others);
    if (signal === "SIGKILL") cgroup?.kill();
  }

  /** The processes that can be found without looking for each one's children. */
  members(): number[] {
    const { group } = this.#options;
    return [...(this.#leaderLives ? [group] : []), ...this.#listed()];
  }

  anythingLeft(): boolean {
    this.#options.strangers.reap();
    const others = this.#others();
    return others.length > 0 || this.#groupExists(others);
  }

  /** Looks, at growing intervals while something is left, and calls back when nothing is. */
  whenGone(callback: () => void, delayMs = FIRST_LOOK_MS): void {
    const { clock, strangers } = this.#options;
    this.#look?.();
    strangers.reap();
    const others = this.#others();
    this.#tell(others);
    if (others.length === 0 && !this.#groupExists(others)) return callback();
    const next = Math.min(delayMs * 2, SLOWEST_LOOK_MS);
    this.#look = clock.at(clock.now().mono + delayMs, () => this.whenGone(callback, next));
  }

  /** Everything of the run that can be found beside its group's number: also members of the group. */
  #others(): readonly number[] {
    const listed = this.#listed();
    // what begins to end is in no list any more, and may hold its port for a moment still
    const vanishing = this.#found.filter((pid) => !listed.includes(pid) && isVanishing(pid));
    this.#found = [...listed, ...vanishing];
    return this.#found;
  }

  #listed(): number[] {
    const { cgroup, strangers, owner, adopted } = this.#options;
    if (cgroup !== null) return cgroup.pids();
    return adopted ? strangers.everyOf(owner) : strangers.of(owner);
  }

  /**
   * True while a process of the group is there. Once the leader is gone its number may come to name somebody else's
   * group, so then one of ours has to be found in it.
   */
  #groupExists(others: readonly number[]): boolean {
    const { group, strangers } = this.#options;
    if (process.platform === "win32") return this.#leaderLives;
    if (this.#leaderLives) return sendSignal(-group, 0);
    if (!strangers.known) return sendSignal(-group, 0);
    return others.some((pid) => groupOf(pid) === group);
  }

  /** What is not in the group does not hear the group's signal, nor what was not there yet. */
  #tell(others: readonly number[]): void {
    for (const pid of others) {
      if (this.#told.has(pid) || groupOf(pid) === this.#options.group) continue;
      this.#told.add(pid);
      sendSignal(pid, this.#signal);
    }
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
