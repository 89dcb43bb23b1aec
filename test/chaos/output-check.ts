/** Reads the logs as they grow: the numbers of each run are complete and in order, and nothing else is there. */
import { closeSync, openSync, readSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { Violation } from "./violation.ts";

interface Progress {
  readonly run: string;
  readonly prefix: Buffer;
  readonly file: string;
  last: number;
  /** It has written its last line. */
  done: boolean;
}

const CHUNK_BYTES = 4 << 20;
const RUN_LENGTH = 36;
const [LF, SPACE, ZERO, NINE] = [10, 32, 48, 57];
const BYE = Buffer.from("bye ");

export class OutputCheck {
  lines = 0;
  bytes = 0;
  readonly #directory: string;
  readonly #offsets = new Map<string, number>();
  readonly #runs = new Map<string, Progress>();
  readonly #buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  #current: Progress | null = null;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Reads what is new. Throws Violation. */
  read(): void {
    for (const name of readdirSync(this.#directory).sort())
      if (!name.startsWith("Meproc-")) this.#readFile(name);
  }

  /** How far a run has come; `null` if it has written nothing. */
  progress(run: string): Readonly<Progress> | null {
    return this.#runs.get(run) ?? null;
  }

  #readFile(name: string): void {
    const fd = openSync(join(this.#directory, name), "r");
    try {
      for (;;) {
        const offset = this.#offsets.get(name) ?? 0;
        const count = readSync(fd, this.#buffer, 0, CHUNK_BYTES, offset);
        const taken = this.#take(name, this.#buffer.subarray(0, count));
        this.bytes += taken;
        this.#offsets.set(name, offset + taken);
        if (taken === 0) return;
      }
    } finally {
      closeSync(fd);
    }
  }

  /** Takes the whole lines, and returns how many bytes they are. */
  #take(file: string, bytes: Buffer): number {
    let at = 0;
    for (let end = bytes.indexOf(LF); end >= 0; end = bytes.indexOf(LF, at)) {
      this.#line(file, bytes, at, end);
      this.lines++;
      at = end + 1;
    }
    return at;
  }

  #line(file: string, bytes: Buffer, at: number, end: number): void {
    const known = this.#current;
    const progress =
      known?.file === file && startsWith(bytes, at, known.prefix) ? known : this.#find(file, bytes, at, end);
    this.#current = progress;
    const after = at + RUN_LENGTH + 1;
    const bye = startsWith(bytes, after, BYE);
    const number = numberIn(bytes, bye ? after + BYE.length : after, end);
    if (number !== progress.last + (bye ? 0 : 1) || progress.done) {
      const line = bytes.toString("latin1", at, end);
      throw new Violation(`${file}: "${line}" after ${progress.last}${progress.done ? " and bye" : ""}`);
    }
    progress.last = number;
    progress.done = bye;
  }

  #find(file: string, bytes: Buffer, at: number, end: number): Progress {
    const run = bytes.toString("latin1", at, at + RUN_LENGTH);
    if (!/^[0-9a-f-]{36}$/.test(run) || bytes[at + RUN_LENGTH] !== SPACE)
      throw new Violation(`${file}: a line that nobody has written: "${bytes.toString("latin1", at, end)}"`);
    const known = this.#runs.get(run);
    if (known !== undefined && known.file === file) return known;
    // a new file each day: the numbers go on in it
    const fresh = {
      run,
      prefix: Buffer.from(`${run} `),
      file,
      last: known?.last ?? 0,
      done: known?.done ?? false,
    };
    this.#runs.set(run, fresh);
    return fresh;
  }
}

function startsWith(bytes: Buffer, at: number, prefix: Buffer): boolean {
  for (let i = 0; i < prefix.length; i++) if (bytes[at + i] !== prefix[i]) return false;
  return true;
}

/** NaN if it is none. */
function numberIn(bytes: Buffer, from: number, end: number): number {
  let number = from < end ? 0 : Number.NaN;
  for (let i = from; i < end; i++) {
    const digit = bytes[i] ?? 0;
    number = digit >= ZERO && digit <= NINE ? number * 10 + (digit - ZERO) : Number.NaN;
  }
  return number;
}
