/** Lines as they stand in the file where its format is not raw: with time and stream before them, or as JSON. */
import type { OutputStream } from "../domain/output.ts";
import type { Format } from "./index-format.ts";

/** A longer line comes in pieces, so that none of them waits for its end. */
const MAX_LINE_BYTES = 64 << 10;
const NEWLINE = 10;

/** Cuts what a stream brings into lines. What has no end yet waits for it. */
export class LineFormatter {
  #rest: Buffer[] = [];
  #restBytes = 0;
  /** The last line was ended by us: a newline that follows is its own. */
  #cut = false;

  /** The lines that end in these bytes, each as it goes to the file. */
  *lines(format: Format, bytes: Buffer, stream: OutputStream, now: number): Generator<Buffer> {
    for (let at = this.#cut && bytes[0] === NEWLINE ? 1 : 0; at < bytes.length;) {
      const room = MAX_LINE_BYTES - this.#restBytes;
      const newline = bytes.subarray(at, at + room).indexOf(NEWLINE);
      if (newline === -1 && bytes.length - at < room) {
        // the caller's buffer is used again
        this.#rest.push(Buffer.from(bytes.subarray(at)));
        this.#restBytes += bytes.length - at;
        this.#cut = false;
        return;
      }
      const end = newline === -1 ? at + room : at + newline;
      yield formatLine(format, this.#take(bytes.subarray(at, end)), stream, now);
      const isOver = newline !== -1 || bytes[end] === NEWLINE;
      this.#cut = !isOver;
      at = isOver ? end + 1 : end;
    }
  }

  /** What is left without an end. */
  *end(format: Format, stream: OutputStream, now: number): Generator<Buffer> {
    if (this.#restBytes > 0) yield formatLine(format, this.#take(Buffer.alloc(0)), stream, now);
  }

  #take(last: Buffer): Buffer {
    if (this.#restBytes === 0) return last;
    const line = Buffer.concat([...this.#rest, last]);
    this.#rest = [];
    this.#restBytes = 0;
    return line;
  }
}

/** A text of our own as it goes to the file. */
export function linesOf(format: Format, text: string, stream: OutputStream, now: number): Iterable<Buffer> {
  const bytes = Buffer.from(text);
  return format === "raw" ? [bytes] : new LineFormatter().lines(format, bytes, stream, now);
}

function formatLine(format: Format, line: Buffer, stream: OutputStream, now: number): Buffer {
  const time = new Date(now).toISOString();
  if (format === "json") return Buffer.from(`${JSON.stringify({ time, stream, text: line.toString() })}\n`);
  return Buffer.concat([Buffer.from(`${time} ${stream} `), line, Buffer.of(NEWLINE)]);
}
