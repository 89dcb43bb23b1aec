/** Capture where there are FIFOs and no splice (macOS): read from the FIFO, write to the file. */
import { closeSync, unlinkSync } from "node:fs";
import type { Cancel, Channel, OpenChannel } from "../domain/ports.ts";
import type { Capture, ReportLoss } from "./capture.ts";
import { type Fifo, discardFifo, leftFifos, openFifoPair, reopenFifo } from "./fifo.ts";
import { FileSink } from "./file-sink.ts";
import { settleTurns } from "./turns.ts";

export interface CopyCaptureOptions {
  readonly fifoDirs: readonly string[];
  readonly logDir: string;
  readonly reportLoss: ReportLoss;
}

export class CopyCapture implements Capture {
  readonly #fifoDirs: readonly string[];
  readonly #sink: FileSink;

  constructor({ fifoDirs, logDir, reportLoss }: CopyCaptureOptions) {
    this.#fifoDirs = fifoDirs;
    this.#sink = new FileSink(logDir, reportLoss);
  }

  open({ alias, run, owner }: OpenChannel): Channel {
    const { out, err } = openFifoPair(this.#fifoDirs, run, owner);
    return {
      stdout: out.writeEnd,
      stderr: err.writeEnd,
      spawned: () => {
        for (const fifo of [out, err]) void this.#drain(alias, fifo);
      },
      discard: () => {
        discardFifo(out);
        discardFifo(err);
      },
    };
  }

  resume(aliasOf: (run: string) => string | null): void {
    for (const left of leftFifos(this.#fifoDirs)) {
      const alias = aliasOf(left.run);
      if (alias === null) unlinkSync(left.path);
      else void this.#follow(alias, reopenFifo(left), left.path);
    }
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

  async #drain(alias: string, fifo: Fifo): Promise<void> {
    const done = this.#follow(alias, fifo.readEnd, fifo.path);
    closeSync(fifo.writeEnd);
    await done;
  }

  async #follow(alias: string, fd: number, path: string): Promise<void> {
    await this.#sink.drain(alias, Bun.file(fd).stream());
    closeSync(fd);
    unlinkSync(path);
  }
}
