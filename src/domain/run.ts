/** A run: one execution of an instance, from spawn to exit. */

export type RunId = string;
export const TRIGGERS = ["api", "manual", "schedule", "restart", "dependency", "catch_up", "boot"] as const;
export type Trigger = (typeof TRIGGERS)[number];

export const RESULTS = [
  "succeeded",
  "failed",
  "stopped",
  "killed",
  "timeout",
  "oom",
  "spawn_error",
  "skipped",
  "lost",
] as const;
export type Result = (typeof RESULTS)[number];

/** How a process ended: by itself with a code, or by a signal. Exactly one of the two is set. */
export type Exit =
  | { readonly exit_code: number; readonly exit_signal: null }
  | { readonly exit_code: null; readonly exit_signal: string };

/** What the operating system tells of an ended process; `null` where it does not. */
export interface Usage {
  readonly max_rss_bytes: number | null;
  readonly cpu_ms: number | null;
}

export interface Outcome {
  readonly result: Result;
  readonly exit_code: number | null;
  readonly exit_signal: string | null;
  /** In words; `null` for a plain success. */
  readonly reason: string | null;
}

const SHELL_CODES: Readonly<Record<number, string>> = {
  126: "the command cannot be executed",
  127: "command not found",
};

const ZERO: readonly number[] = [0];

/** Makes the outcome of an exit; `byUs` says that we had asked the process to stop, `success` which codes are one. */
export function outcomeOf(exit: Exit, byUs: boolean, success: readonly number[] = ZERO): Outcome {
  const { exit_code, exit_signal } = exit;
  if (byUs) return { result: "stopped", exit_code, exit_signal, reason: null };
  if (exit_signal !== null)
    return { result: "killed", exit_code, exit_signal, reason: `killed by ${exit_signal}` };
  if (success.includes(exit_code)) return { result: "succeeded", exit_code, exit_signal, reason: null };
  const meaning = SHELL_CODES[exit_code];
  const reason = meaning === undefined ? `exit code ${exit_code}` : `exit code ${exit_code}: ${meaning}`;
  return { result: "failed", exit_code, exit_signal, reason };
}

/** What a rule says of a run that it ends, before it has ended. */
export function verdict(result: Result, reason: string): Outcome {
  return { result, exit_code: null, exit_signal: null, reason };
}

export function spawnError(reason: string): Outcome {
  return verdict("spawn_error", reason);
}

/** The end of a run that nobody was there to see, or whose exit code nobody could collect. */
export function lost(reason: string): Outcome {
  return verdict("lost", reason);
}
