/**
 * Tells when a process ends that is not a child which Bun knows of, such as one that an earlier service has started. A
 * thread sleeps until the system says so; where it cannot, the process is looked at now and then.
 */
import type { Clock } from "../domain/ports.ts";
import { DarwinExits } from "./darwin-exits.ts";
import type { ExitSource } from "./exit-source.ts";
import { isAlive } from "./identity.ts";
import { LinuxExits } from "./linux-exits.ts";

const LOOK_MS = 1000;

export interface ExitWatchOptions {
  readonly clock: Clock;
  /** The module of the thread that sleeps. */
  readonly thread: string | URL;
}

export class ExitWatch {
  readonly #options: ExitWatchOptions;
  #source: ExitSource | null = null;

  constructor(options: ExitWatchOptions) {
    this.#options = options;
  }

  /** Calls back once, when the process is no more. */
  watch(pid: number, callback: () => void): void {
    this.#source ??= openSource(this.#options.thread);
    if (!this.#source.watch(pid, callback)) this.#look(pid, callback);
  }

  close(): void {
    this.#source?.close();
    this.#source = null;
  }

  /** The first look is soon: what cannot be watched has often ended by now. */
  #look(pid: number, callback: () => void, delayMs = 0): void {
    const { clock } = this.#options;
    clock.at(clock.now().mono + delayMs, () => {
      if (isAlive(pid)) this.#look(pid, callback, LOOK_MS);
      else callback();
    });
  }
}

/** Not asked for elsewhere: there no process is taken over. */
function openSource(thread: string | URL): ExitSource {
  return process.platform === "darwin" ? new DarwinExits(thread) : new LinuxExits(thread);
}
