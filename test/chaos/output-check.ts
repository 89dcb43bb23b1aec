/**
 * Reads the logs as they grow: the numbers of each run are complete and in order, and nothing else is there. A line that is
 * not whole may be only where a kill of the service has cut it, and its run writes nothing after it.
 */
import { Breaks } from "./breaks.ts";
import { Streams } from "./streams.ts";
import { Violation } from "./violation.ts";

interface Progress {
  readonly run: string;
  readonly prefix: Buffer;
  readonly file: string;
  last: number;
  /** Where its last whole line ends in the file. */
  end: number;
  /** Nothing may come after "bye", nor after a line that was cut. */
  closed: "bye" | "cut" | null;
}

const CHUNK_BYTES = 4 << 20;
const RUN_LENGTH = 36;
const [LF, ZERO, NINE] = [10, 48, 57];
const BYE = Buffer.from("bye ");
const ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12} /;

export class OutputCheck {
  lines = 0;
  bytes = 0;
  /** Lines that a kill has cut and another run's line follows. */
  cuts = 0;
  readonly #streams: Streams;
  readonly #offsets = new Map<string, number>();
  readonly #runs = new Map<string, Progress>();
  readonly #breaks: Breaks;
  readonly #buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  #current: Progress | null = null;

  constructor(directory: string) {
    this.#streams = new Streams(directory);
    this.#breaks = new Breaks((stream) => this.#streams.size(stream));
  }

  /** Reads what is new. Throws Violation. */
  read(): void {
    for (const name of this.#streams.names()) this.#readStream(name);
  }

  /** To be called when the service has been killed, while there is none: here its output may break off. */
  serviceKilled(): void {
    this.read();
    this.#breaks.note(this.#offsets);
  }

  /** No service will write any more. Throws Violation if a file ends in a line that was cut, other than by a kill. */
  assertWhole(): void {
    this.read();
    for (const [file, offset] of this.#offsets) {
      const rest = this.#streams.size(file) - offset;
      if (rest !== 0 && rest !== this.#breaks.cutAt(file, offset))
        throw new Violation(`${file} ends with ${rest} bytes of a line`);
    }
  }

  /** Whether the output of a run ends where a kill of the service found the end of the file. */
  brokeOff({ file, end }: Readonly<Progress>): boolean {
    return this.#breaks.has(file, end);
  }

  /** How far a run has come; `null` if it has written nothing. */
  progress(run: string): Readonly<Progress> | null {
    return this.#runs.get(run) ?? null;
  }

  /** A segment may end within a line, which the next one goes on with. */
  #readStream(name: string): void {
    let kept = 0;
    for (;;) {
      const offset = this.#offsets.get(name) ?? 0;
      const count = this.#streams.read(name, this.#buffer.subarray(kept), offset + kept);
      const taken = this.#take(name, offset, this.#buffer.subarray(0, kept + count));
      this.bytes += taken;
      this.#offsets.set(name, offset + taken);
      if (count === 0) return;
      this.#buffer.copyWithin(0, taken, kept + count);
      kept += count - taken;
    }
  }

  /** Takes the whole lines, and returns how many bytes they are. */
  #take(file: string, offset: number, bytes: Buffer): number {
    let at = 0;
    for (let end = bytes.indexOf(LF); end >= 0; end = bytes.indexOf(LF, at)) {
      const from = at + this.#cut(file, offset + at, bytes.subarray(at, end));
      this.#line(file, bytes, from, end).end = offset + end + 1;
      this.lines++;
      at = end + 1;
    }
    return at;
  }

  /** How many bytes of the line are the beginning of another one, of a run that came no further. */
  #cut(file: string, offset: number, line: Buffer): number {
    const length = this.#breaks.cutAt(file, offset);
    if (length === 0 || !ID.test(line.toString("latin1", length))) return 0;
    const cut = line.toString("latin1", 0, length);
    const run = this.#runs.get(cut.slice(0, RUN_LENGTH));
    const next = [(run?.last ?? 0) + 1, `bye ${run?.last ?? 0}`].map((rest) => ` ${rest}\n`);
    if (!next.some((rest) => rest.startsWith(cut.slice(RUN_LENGTH))) || run?.closed)
      throw new Violation(`${file}: a cut line that nobody has written: "${cut}" after ${run?.last}`);
    if (run !== undefined) run.closed = "cut";
    this.cuts++;
    return length;
  }

  #line(file: string, bytes: Buffer, at: number, end: number): Progress {
    const known = this.#current;
    const progress =
      known?.file === file && startsWith(bytes, at, known.prefix) ? known : this.#find(file, bytes, at, end);
    this.#current = progress;
    const after = at + RUN_LENGTH + 1;
    const bye = startsWith(bytes, after, BYE);
    const number = numberIn(bytes, bye ? after + BYE.length : after, end);
    if (number !== progress.last + (bye ? 0 : 1) || progress.closed !== null) {
      const line = bytes.toString("latin1", at, end);
      const closed = progress.closed === null ? "" : ` and ${progress.closed}`;
      throw new Violation(`${file}: "${line}" after ${progress.last}${closed}`);
    }
    progress.last = number;
    if (bye) progress.closed = "bye";
    return progress;
  }

  #find(file: string, bytes: Buffer, at: number, end: number): Progress {
    const run = bytes.toString("latin1", at, at + RUN_LENGTH);
    if (!ID.test(bytes.toString("latin1", at, at + RUN_LENGTH + 1)))
      throw new Violation(`${file}: a line that nobody has written: "${bytes.toString("latin1", at, end)}"`);
    const known = this.#runs.get(run);
    if (known !== undefined && known.file === file) return known;
    // a new file each day: the numbers go on in it
    const fresh = {
      run,
      prefix: Buffer.from(`${run} `),
      file,
      last: known?.last ?? 0,
      end: 0,
      closed: known?.closed ?? null,
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
