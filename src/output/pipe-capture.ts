/** Capture where there are no FIFOs (Windows): the process's pipes are read as they come. */
import type { Cancel, Channel, OpenChannel } from "../domain/ports.ts";
import type { Capture, ReportLoss } from "./capture.ts";
import { FileSink } from "./file-sink.ts";
import { settleTurns } from "./turns.ts";

export interface PipeCaptureOptions {
  readonly logDir: string;
  readonly reportLoss: ReportLoss;
}

export class PipeCapture implements Capture {
  readonly #sink: FileSink;

  constructor({ logDir, reportLoss }: PipeCaptureOptions) {
    this.#sink = new FileSink(logDir, reportLoss);
  }

  open({ alias }: OpenChannel): Channel {
    return {
      stdout: "pipe",
      stderr: "pipe",
      spawned: (streams) => {
        if (streams === null) return;
        void this.#sink.drain(alias, streams.stdout);
        void this.#sink.drain(alias, streams.stderr);
      },
      discard: () => undefined,
    };
  }

  /** A pipe ends with the service that reads it. */
  resume(): void {
    return;
  }

  note(alias: string, text: string): void {
    this.#sink.note(alias, text);
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
