/**
 * The index beside a segment: a header and one record for each chunk, all of 32 bytes, little-endian. A record is
 * written after its bytes; bytes that no record covers were taken by a service that was killed before it could tell.
 *
 * Header: "MPIX" · u8 version · u8 format · u16 0 · u32 number of the segment in its day · u32 0 · u64 base · u64 time made (ms).
 * Record: u40 offset in the segment · u8 stream · u32 length · u48 time (Unix ms) · 16 bytes run id (a UUID; zeros for none).
 */
import type { RunId } from "../domain/run.ts";

export const INDEX_BYTES = 32;
export const INDEX_VERSION = 1;
const MAGIC = 0x5849504d;

export const FORMATS = ["raw", "timestamped", "json"] as const;
export type Format = (typeof FORMATS)[number];

/** Who wrote a chunk: by the place in this list it stands in the record. */
export const STREAMS = [null, "stdout", "stderr", "meproc"] as const;
export type Stream = (typeof STREAMS)[number];

export interface IndexHeader {
  readonly format: Format;
  /** The number that the segment gets when it is full: 1 and up in its day. */
  readonly number: number;
  /** How much was written on this day, to this stem, before the segment: offset 0 of it is `base` in a position. */
  readonly base: number;
  /** Unix ms. */
  readonly made: number;
}

export interface IndexRecord {
  readonly offset: number;
  readonly length: number;
  /** Unix ms. */
  readonly time: number;
  readonly stream: Stream;
  readonly run: RunId | null;
}

export function encodeHeader({ format, number, base, made }: IndexHeader): Buffer {
  const bytes = Buffer.alloc(INDEX_BYTES);
  bytes.writeUInt32LE(MAGIC, 0);
  bytes.writeUInt8(INDEX_VERSION, 4);
  bytes.writeUInt8(FORMATS.indexOf(format), 5);
  bytes.writeUInt32LE(number, 8);
  bytes.writeBigUInt64LE(BigInt(base), 16);
  bytes.writeBigUInt64LE(BigInt(made), 24);
  return bytes;
}

/** `null` for what is no header of a version that we know. */
export function decodeHeader(bytes: Buffer): IndexHeader | null {
  if (bytes.length < INDEX_BYTES || bytes.readUInt32LE(0) !== MAGIC) return null;
  const format = FORMATS[bytes.readUInt8(5)];
  if (bytes.readUInt8(4) !== INDEX_VERSION || format === undefined) return null;
  return {
    format,
    number: bytes.readUInt32LE(8),
    base: Number(bytes.readBigUInt64LE(16)),
    made: Number(bytes.readBigUInt64LE(24)),
  };
}

/** Writes a record at `at`, which must have room for it; `run` as `encodeRun` gives it. */
export function encodeRecord(
  into: Buffer,
  at: number,
  offset: number,
  length: number,
  time: number,
  stream: Stream,
  run: Buffer,
): void {
  into.writeUIntLE(offset, at, 5);
  into.writeUInt8(STREAMS.indexOf(stream), at + 5);
  into.writeUInt32LE(length, at + 6);
  into.writeUIntLE(time, at + 10, 6);
  run.copy(into, at + 16, 0, 16);
}

export function decodeRecord(from: Buffer, at: number): IndexRecord {
  return {
    offset: from.readUIntLE(at, 5),
    stream: STREAMS[from.readUInt8(at + 5)] ?? null,
    length: from.readUInt32LE(at + 6),
    time: from.readUIntLE(at + 10, 6),
    run: decodeRun(from.subarray(at + 16, at + 32)),
  };
}

/** The 16 bytes of a run id; zeros for none, or for one that is no UUID. */
export function encodeRun(run: RunId | null): Buffer {
  const hex = run?.replaceAll("-", "") ?? "";
  return /^[0-9a-f]{32}$/i.test(hex) ? Buffer.from(hex, "hex") : Buffer.alloc(16);
}

function decodeRun(bytes: Buffer): RunId | null {
  const hex = bytes.toString("hex");
  if (/^0+$/.test(hex)) return null;
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** Decodes many records in a row: those that follow each other mostly are of the same run. */
export class RecordDecoder {
  #run: RunId | null = null;
  #bytes = Buffer.alloc(16);

  /** All whole records of `bytes`. */
  decode(bytes: Buffer): IndexRecord[] {
    const records: IndexRecord[] = [];
    for (let at = 0; at + INDEX_BYTES <= bytes.length; at += INDEX_BYTES) {
      records.push({
        offset: bytes.readUIntLE(at, 5),
        length: bytes.readUInt32LE(at + 6),
        time: bytes.readUIntLE(at + 10, 6),
        stream: STREAMS[bytes[at + 5] ?? 0] ?? null,
        run: this.#runAt(bytes, at + 16),
      });
    }
    return records;
  }

  #runAt(bytes: Buffer, at: number): RunId | null {
    if (bytes.compare(this.#bytes, 0, 16, at, at + 16) === 0) return this.#run;
    this.#bytes = Buffer.from(bytes.subarray(at, at + 16));
    this.#run = decodeRun(this.#bytes);
    return this.#run;
  }
}
