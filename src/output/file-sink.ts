/** Writes to the daily files from JavaScript: for capture where nothing can be spliced, and for lines of our own. */
import { writeSync } from "node:fs";
import { inWords } from "../platform/system-errors.ts";
import type { ReportLoss } from "./capture.ts";
import { DailyFiles } from "./daily-files.ts";
import { Growth } from "./growth.ts";

export class FileSink {
  readonly growth = new Growth();
  readonly #files: DailyFiles;
  readonly #reportLoss: ReportLoss;
  readonly #writers: { alias: string }[] = [];

  constructor(logDir: string, reportLoss: ReportLoss) {
    this.#files = new DailyFiles(logDir, "append");
    this.#reportLoss = reportLoss;
  }

  write(alias: string, bytes: Uint8Array): void {
    this.#files.turn(Date.now());
    try {
      const fd = this.#files.of(alias);
      for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
    } catch (error) {
      this.#reportLoss(alias, bytes.length, inWords(error));
    }
    this.growth.tell(alias);
  }

  /** Writes what a stream brings until it ends. */
  async drain(alias: string, stream: ReadableStream<Uint8Array>): Promise<void> {
    const writer = { alias };
    this.#writers.push(writer);
    try {
      for await (const chunk of stream) this.write(alias, chunk);
    } finally {
      this.#writers.splice(this.#writers.indexOf(writer), 1);
      this.#files.release(alias, this.#writers);
    }
  }

  note(alias: string, text: string): void {
    this.write(alias, new TextEncoder().encode(`${text}\n`));
    this.#files.release(alias, this.#writers);
  }

  close(): void {
    this.#files.close();
  }
}
