/**
 * The service's own children, so that no stranger is taken for one. Every process that the service spawns is
 * registered here for as long as Bun has not collected its exit.
 */
import type { Subprocess } from "bun";

export class Children {
  readonly #pids = new Set<number>();

  add(pid: number): void {
    this.#pids.add(pid);
  }

  delete(pid: number): void {
    this.#pids.delete(pid);
  }

  has(pid: number): boolean {
    return this.#pids.has(pid);
  }

  /** Runs a helper of the system to its end. Throws what Bun.spawn throws. */
  async run(command: readonly string[]): Promise<{ code: number; output: string }> {
    const child: Subprocess<"ignore", "pipe", "ignore"> = Bun.spawn([...command], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    this.add(child.pid);
    try {
      const output = await new Response(child.stdout).text();
      return { code: await child.exited, output };
    } finally {
      this.delete(child.pid);
    }
  }
}
