/** The index of the segment that is being written. Records wait in memory until `flush`, a few at a time. */
import { closeSync, constants, fstatSync, ftruncateSync, openSync, readSync, writeSync } from "node:fs";
import {
  INDEX_BYTES,
  type IndexHeader,
  type Stream,
  decodeHeader,
  decodeRecord,
  encodeHeader,
  encodeRecord,
} from "./index-format.ts";

/** Not there on Windows. */
const NO_FOLLOW = constants.O_NOFOLLOW ?? 0;
const MODE = 0o640;
const MAX_PENDING = 64;
const LENGTH_AT = 6;
const MAX_LENGTH = 2 ** 32 - 1;
export const NO_RUN = Buffer.alloc(16);

export class IndexFile {
  readonly inode: number;
  readonly #fd: number;
  #header: IndexHeader;
  /** Of whole records on disk, with the header. */
  #size: number;
  readonly #pending = Buffer.alloc(MAX_PENDING * INDEX_BYTES);
  #count = 0;
  #covered: number;
  #time: number;
  #stream: Stream = null;
  #run: Buffer = NO_RUN;

  private constructor(fd: number, header: IndexHeader, size: number, covered: number, time: number) {
    this.#fd = fd;
    this.inode = fstatSync(fd).ino;
    this.#header = header;
    this.#size = size;
    this.#covered = covered;
    this.#time = time;
  }

  /** A new one, also in the place of another. Throws what the disk says. */
  static create(path: string, header: IndexHeader): IndexFile {
    const fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_TRUNC | NO_FOLLOW, MODE);
    try {
      writeSync(fd, encodeHeader(header), 0, INDEX_BYTES, 0);
      return new IndexFile(fd, header, INDEX_BYTES, 0, 0);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  /** One that is there; `null` if it cannot be read as an index of ours. A record that was torn is dropped. */
  static open(path: string): IndexFile | null {
    let fd: number;
    try {
      fd = openSync(path, constants.O_RDWR | NO_FOLLOW);
    } catch {
      // a new one is made in its place, and says what is wrong with that
      return null;
    }
    const bytes = Buffer.alloc(INDEX_BYTES);
    const header = readSync(fd, bytes, 0, INDEX_BYTES, 0) === INDEX_BYTES ? decodeHeader(bytes) : null;
    if (header === null) {
      closeSync(fd);
      return null;
    }
    const { size } = fstatSync(fd);
    const whole = size - (size % INDEX_BYTES);
    if (whole < size) ftruncateSync(fd, whole);
    if (whole === INDEX_BYTES) return new IndexFile(fd, header, whole, 0, 0);
    readSync(fd, bytes, 0, INDEX_BYTES, whole - INDEX_BYTES);
    const last = decodeRecord(bytes, 0);
    return new IndexFile(fd, header, whole, last.offset + last.length, last.time);
  }

  get header(): IndexHeader {
    return this.#header;
  }

  /** Where the bytes end of which there is a record. */
  get covered(): number {
    return this.#covered;
  }

  /** How large the file is on disk. */
  get bytes(): number {
    return this.#size;
  }

  /** Drops all records, for a segment that is empty again. Throws what the disk says, with everything as it was. */
  restart(header: IndexHeader): void {
    writeSync(this.#fd, encodeHeader(header), 0, INDEX_BYTES, 0);
    ftruncateSync(this.#fd, INDEX_BYTES);
    this.#header = header;
    this.#size = INDEX_BYTES;
    this.#count = 0;
    this.#covered = 0;
    this.#time = 0;
  }

  /** Notes a chunk that begins where the one before ended. Times never go back, also where the clock is set back. */
  add(length: number, time: number, stream: Stream, run: Buffer): void {
    for (let left = length; left > 0;) {
      const part = Math.min(left, MAX_LENGTH);
      this.#addPart(part, Math.max(time, this.#time), stream, run);
      left -= part;
    }
  }

  #addPart(length: number, time: number, stream: Stream, run: Buffer): void {
    const same = this.#count > 0 && time === this.#time && stream === this.#stream && run.equals(this.#run);
    const before = same ? lengthAt(this.#pending, this.#count - 1) : MAX_LENGTH;
    if (before + length <= MAX_LENGTH) {
      this.#pending.writeUInt32LE(before + length, (this.#count - 1) * INDEX_BYTES + LENGTH_AT);
    } else {
      if (this.#count === MAX_PENDING) this.flush();
      encodeRecord(this.#pending, this.#count++ * INDEX_BYTES, this.#covered, length, time, stream, run);
    }
    this.#covered += length;
    this.#time = time;
    this.#stream = stream;
    this.#run = run;
  }

  /** Writes what waits. What the disk does not take waits on as one record, so that it needs no more room. */
  flush(): void {
    const length = this.#count * INDEX_BYTES;
    try {
      for (let at = 0; at < length;) {
        at += writeSync(this.#fd, this.#pending, at, length - at, this.#size + at);
      }
    } catch {
      // ENOSPC, EDQUOT: the loss of output is told where that is written
      ftruncateSync(this.#fd, this.#size);
      this.#collapse();
      return;
    }
    this.#size += length;
    this.#count = 0;
  }

  close(): void {
    this.flush();
    closeSync(this.#fd);
  }

  #collapse(): void {
    if (this.#count < 2) return;
    const { offset } = decodeRecord(this.#pending, 0);
    const length = Math.min(this.#covered - offset, MAX_LENGTH);
    encodeRecord(this.#pending, 0, offset, length, this.#time, null, NO_RUN);
    this.#count = 1;
    this.#stream = null;
    this.#run = NO_RUN;
  }
}

function lengthAt(records: Buffer, number: number): number {
  return records.readUInt32LE(number * INDEX_BYTES + LENGTH_AT);
}

/** The header of an index, `null` if there is none that we know, and the end of its last record. */
export function lookInto(path: string): { readonly header: IndexHeader; readonly covered: number } | null {
  const index = IndexFile.open(path);
  if (index === null) return null;
  const { header, covered } = index;
  index.close();
  return { header, covered };
}
