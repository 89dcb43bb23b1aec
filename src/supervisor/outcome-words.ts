/** An outcome in words, for sentences about it. */
import type { Outcome } from "../domain/run.ts";

export function inWords({ reason, result, exit_code }: Outcome): string {
  if (reason !== null) return reason;
  return exit_code === null ? result : `exit code ${exit_code}`;
}
