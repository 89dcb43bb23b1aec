/** Capture where there are no FIFOs (Windows): the process's pipes are read as they come. */
import type { LogPolicy } from "../domain/output.ts";
import type { Cancel, Channel, OpenChannel } from "../domain/ports.ts";
import type { Capture, CaptureOptions } from "./capture.ts";
import { FileSink } from "./file-sink.ts";
import { settleTurns } from "./turns.ts";

export class PipeCapture implements Capture {
  readonly #sink: FileSink;

  constructor(options: CaptureOptions) {
    this.#sink = new FileSink(options);
  }

  open({ alias, run }: OpenChannel): Channel {
    return {
      stdout: "pipe",
      stderr: "pipe",
      spawned: (streams) => {
        if (streams === null) return;
        void this.#sink.drain(alias, run, "stdout", streams.stdout);
        void this.#sink.drain(alias, run, "stderr", streams.stderr);
      },
      discard: () => undefined,
    };
  }

  /** A pipe ends with the service that reads it. */
  resume(): void {
    this.#sink.complete();
  }

  note(alias: string, text: string): void {
    this.#sink.note(alias, text);
  }

  setPolicy(task: string, policy: LogPolicy | null): void {
    this.#sink.setPolicy(task, policy);
  }

  async clear(aliases: readonly string[]): Promise<void> {
    await this.sync();
    this.#sink.clear(aliases);
  }

  sync(): Promise<void> {
    return settleTurns();
  }

  onGrowth(alias: string, callback: () => void): Cancel {
    return this.#sink.growth.add(alias, callback);
  }

  async close(): Promise<void> {
    await this.sync();
    this.#sink.close();
  }
}
