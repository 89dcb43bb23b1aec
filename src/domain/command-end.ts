/** How a command that belongs to a run ended, in words. */
import type { CommandEnd } from "./ports.ts";
import { outcomeOf } from "./run.ts";

/** `null` for a success; else why it was none: `exit code 1`. */
export function commandFailure(end: CommandEnd, timeoutMs: number): string | null {
  switch (end.kind) {
    case "exited":
      return outcomeOf(end.exit, false).reason;
    case "timeout":
      return `it was killed after ${timeoutMs} ms`;
    case "aborted":
      return "it was stopped";
    case "failed":
      return end.reason;
  }
}
