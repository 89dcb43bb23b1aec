/** How late the event loop is, as the runtime measures it, since it was looked at last. In seconds. */
import { monitorEventLoopDelay } from "node:perf_hooks";

const RESOLUTION_MS = 100;

export class EventLoop {
  readonly #delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });

  constructor() {
    this.#delay.enable();
  }

  take(): { mean: number; max: number } {
    const { mean, max } = this.#delay;
    this.#delay.reset();
    return { mean: secondsOf(mean), max: secondsOf(max) };
  }

  close(): void {
    this.#delay.disable();
  }
}

/** Where nothing was measured it is not a number. */
function secondsOf(nanoseconds: number): number {
  return Number.isFinite(nanoseconds) && nanoseconds > 0 ? nanoseconds / 1e9 : 0;
}
