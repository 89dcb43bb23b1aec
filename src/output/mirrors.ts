/**
 * Output that also goes elsewhere: to the service's own stdout, to the log of the system. For each task that asks there is
 * a follower of what was captured, so that nobody who reads slowly holds up a process; others cost nothing.
 */
import type { LogPolicy, OutputArchive } from "../domain/output.ts";
import { type LineSink, Mirror } from "./mirror.ts";

export interface MirrorsOptions {
  readonly archive: Pick<OutputArchive, "pieces">;
  readonly stdout: LineSink;
  readonly syslog: LineSink;
  readonly wall: () => number;
  /** A task whose output cannot be followed any more. */
  readonly failed: (task: string, error: unknown) => void;
}

export class Mirrors {
  readonly #options: MirrorsOptions;
  readonly #running = new Map<string, readonly Mirror[]>();
  /** Of tasks that are no more: they take what is there still. */
  readonly #leaving = new Set<Promise<void>>();

  constructor(options: MirrorsOptions) {
    this.#options = options;
  }

  /** From now on the lines of these aliases go where the policy says. */
  set(task: string, aliases: readonly string[], policy: Pick<LogPolicy, "stdout" | "syslog">): void {
    const { stdout, syslog, archive, wall, failed } = this.#options;
    const since = wall();
    this.#finish(task, since);
    const sinks = [...(policy.stdout ? [stdout] : []), ...(policy.syslog ? [syslog] : [])];
    if (sinks.length === 0) return;
    const options = { archive, aliases, since, failed: (error: unknown) => failed(task, error) };
    this.#running.set(
      task,
      sinks.map((sink) => new Mirror({ ...options, sink })),
    );
  }

  /** The task is no more: what it has written goes out still. */
  remove(task: string): void {
    this.#finish(task);
  }

  /** Settles when what was written before has gone out, or cannot in a reasonable time. */
  async close(): Promise<void> {
    for (const task of [...this.#running.keys()]) this.remove(task);
    await Promise.all(this.#leaving);
  }

  #finish(task: string, before?: number): void {
    const mirrors = this.#running.get(task) ?? [];
    this.#running.delete(task);
    for (const mirror of mirrors) {
      const leaving = mirror.finish(before).finally(() => this.#leaving.delete(leaving));
      this.#leaving.add(leaving);
    }
  }
}
