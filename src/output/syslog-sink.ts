/** The log of the system as a place for the lines of tasks. Where there is none that is told once, and lines go by. */
import type { OutputLine } from "../domain/output.ts";
import type { Clock } from "../domain/ports.ts";
import type { RunId } from "../domain/run.ts";
import type { LineSink } from "./mirror.ts";
import { syslogMessages } from "./syslog-message.ts";
import type { Sent } from "../platform/datagram-socket.ts";

const FIRST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 1000;
/** A log that is not there is looked for again after so long. */
const AGAIN_MS = 5000;
const MAX_PIDS = 1000;

export interface SyslogSinkOptions {
  /** `null` where this system has none that we know. */
  readonly socket: { send(message: Uint8Array): Sent } | null;
  readonly clock: Clock;
  readonly pidOf: (run: RunId) => number | null;
  readonly tell: (text: string) => void;
}

export class SyslogSink implements LineSink {
  readonly #options: SyslogSinkOptions;
  readonly #pids = new Map<RunId, number | null>();
  #told = false;
  #away: number | null = null;

  constructor(options: SyslogSinkOptions) {
    this.#options = options;
  }

  async write(lines: readonly OutputLine[], signal: AbortSignal): Promise<void> {
    const { wall } = this.#options.clock.now();
    for (const line of lines) {
      for (const message of syslogMessages(line, this.#pidOf(line.run), wall)) {
        if (signal.aborted) return;
        await this.#send(message, signal);
      }
    }
  }

  async #send(message: Uint8Array, signal: AbortSignal): Promise<void> {
    const { socket, clock } = this.#options;
    if (socket === null) return this.#tell("it is for Linux");
    if (this.#away !== null && clock.now().mono < this.#away + AGAIN_MS) return;
    let pause = FIRST_PAUSE_MS;
    let sent = socket.send(message);
    while (sent === "full" && !signal.aborted) {
      await this.#pause(pause, signal);
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
      sent = socket.send(message);
    }
    this.#away = typeof sent === "string" ? null : clock.now().mono;
    if (typeof sent === "string") this.#told = false;
    else this.#tell(sent.reason);
  }

  #pause(ms: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    return new Promise((resolve) => {
      const end = () => {
        cancel();
        signal.removeEventListener("abort", end);
        resolve();
      };
      const cancel = clock.at(clock.now().mono + ms, end);
      signal.addEventListener("abort", end);
    });
  }

  #tell(reason: string): void {
    if (this.#told) return;
    this.#told = true;
    this.#options.tell(`Lines do not reach the log of the system: ${reason}`);
  }

  #pidOf(run: RunId | null): number | null {
    if (run === null) return null;
    const known = this.#pids.get(run);
    if (known !== undefined) return known;
    const pid = this.#options.pidOf(run);
    // before it has been noted, it is not known for good
    if (pid === null) return null;
    if (this.#pids.size >= MAX_PIDS) this.#pids.clear();
    this.#pids.set(run, pid);
    return pid;
  }
}
