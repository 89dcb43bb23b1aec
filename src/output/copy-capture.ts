/** Capture where there are FIFOs and no splice (macOS): read from the FIFO, write to the file. */
import { closeSync, unlinkSync } from "node:fs";
import type { LogPolicy } from "../domain/output.ts";
import type { Cancel, Channel, OpenChannel } from "../domain/ports.ts";
import type { Capture, CaptureOptions } from "./capture.ts";
import { type LeftFifo, discardFifo, leftFifos, openFifoPair, reopenFifo } from "./fifo.ts";
import { FileSink } from "./file-sink.ts";
import { settleTurns } from "./turns.ts";

export interface CopyCaptureOptions extends CaptureOptions {
  readonly fifoDirs: readonly string[];
}

export class CopyCapture implements Capture {
  readonly #fifoDirs: readonly string[];
  readonly #sink: FileSink;

  constructor(options: CopyCaptureOptions) {
    this.#fifoDirs = options.fifoDirs;
    this.#sink = new FileSink(options);
  }

  open({ alias, run, owner }: OpenChannel): Channel {
    const { out, err } = openFifoPair(this.#fifoDirs, run, owner);
    return {
      stdout: out.writeEnd,
      stderr: err.writeEnd,
      spawned: () => {
        for (const [fifo, stream] of [
          [out, "stdout"],
          [err, "stderr"],
        ] as const) {
          void this.#follow(alias, { run, stream, path: fifo.path }, fifo.readEnd);
          closeSync(fifo.writeEnd);
        }
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
      else void this.#follow(alias, left, reopenFifo(left), true);
    }
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

  async #follow(alias: string, { run, stream, path }: LeftFifo, fd: number, resumed = false): Promise<void> {
    await this.#sink.drain(alias, run, stream, Bun.file(fd).stream(), resumed);
    closeSync(fd);
    unlinkSync(path);
  }
}
