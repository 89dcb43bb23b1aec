/** A process of our own executable that does one thing for the service and can be killed at any time. */
import type { Helper } from "../domain/ports.ts";

/** Starts it without the service's environment, so that nobody takes it for a run. Throws if it cannot be started. */
export function startHelper(command: readonly string[], input: string): Helper {
  const helper = Bun.spawn([...command], {
    stdin: new TextEncoder().encode(input),
    stdout: "pipe",
    stderr: "ignore",
    env: {},
  });
  return { stdout: helper.stdout, exited: helper.exited, kill: () => helper.kill("SIGKILL") };
}
