/** Searching, this side of it: one process for each search, a few at a time, each ended when its time is over. */
import { MeprocError } from "../../domain/errors.ts";
import type { StartHelper } from "../../domain/ports.ts";
import type { OutputQuery } from "../../domain/output.ts";
import { type FoundLine, FrameReader, type GrepRequest } from "./grep-frames.ts";
import type { Limits } from "./limits.ts";

/** So many search at the same time; others wait for their turn. */
const AT_ONCE = 2;

export interface GrepOptions {
  readonly directory: string;
  readonly limits: Limits;
  readonly start: StartHelper;
  /** What a search may take, without the time in which nobody wants its results. */
  readonly timeoutMs: number;
  /** How long its results may wait for somebody who takes them: others wait for their turn meanwhile. */
  readonly patienceMs: number;
}

export class Grep {
  readonly #options: GrepOptions;
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(options: GrepOptions) {
    this.#options = options;
  }

  /** The lines found, in batches. Throws a MeprocError `timeout`. */
  async *search(query: OutputQuery, grep: RegExp, signal: AbortSignal): AsyncGenerator<readonly FoundLine[]> {
    const leave = await this.#turn();
    try {
      if (!signal.aborted) yield* this.#run(query, grep, signal, leave);
    } finally {
      leave();
    }
  }

  /** Settles when it is one's turn, with what ends it; once is enough. */
  async #turn(): Promise<() => void> {
    while (this.#running >= AT_ONCE) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#running++;
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.#running--;
      this.#waiting.shift()?.();
    };
  }

  async *#run(
    query: OutputQuery,
    grep: RegExp,
    signal: AbortSignal,
    leave: () => void,
  ): AsyncGenerator<readonly FoundLine[]> {
    const { directory, limits, timeoutMs, patienceMs } = this.#options;
    const request: GrepRequest = { directory, limits, query, source: grep.source, flags: grep.flags };
    const helper = this.#options.start(JSON.stringify(request));
    signal.addEventListener("abort", helper.kill);
    const reader = helper.stdout.getReader();
    const frames = new FrameReader();
    let left = timeoutMs;
    try {
      for (;;) {
        const began = performance.now();
        const piece = await within(left, reader.read(), timeoutMs);
        left -= performance.now() - began;
        if (piece.done) break;
        const lines = frames.take(piece.value);
        if (lines.length === 0) continue;
        const waits = new Patience(patienceMs, () => {
          helper.kill();
          leave();
        });
        try {
          yield lines;
        } finally {
          waits.end();
        }
        if (waits.isOver) throw new MeprocError("timeout", NOT_TAKEN);
      }
      const code = await helper.exited;
      if (code !== 0 && !signal.aborted)
        throw new MeprocError("internal", `The search has ended with ${code}`);
    } finally {
      signal.removeEventListener("abort", helper.kill);
      helper.kill();
    }
  }
}

const NOT_TAKEN = "The search was given up on: nobody took what it had found";

/** Does something if it is not ended before. */
class Patience {
  readonly #timer: Timer;
  isOver = false;

  constructor(ms: number, lost: () => void) {
    this.#timer = setTimeout(() => {
      this.isOver = true;
      lost();
    }, ms);
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}

async function within<T>(ms: number, promise: Promise<T>, allowed: number): Promise<T> {
  const { promise: over, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(tooLong(allowed)), Math.max(0, ms));
  try {
    return await Promise.race([promise, over]);
  } finally {
    clearTimeout(timer);
  }
}

function tooLong(ms: number): MeprocError {
  return new MeprocError("timeout", `The search was given up on after ${Math.round(ms / 100) / 10} s`, {
    hint: "narrow it with since and until, or make the expression simpler",
  });
}
