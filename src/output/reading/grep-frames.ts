/**
 * What a search tells: frames of found lines. Each is the length of its head and of its bytes (u32, little-endian), the
 * head as JSON, and the bytes of all its lines in a row. Pure.
 */
import type { OutputLine, OutputQuery } from "../../domain/output.ts";
import type { Block } from "./block.ts";
import type { Limits } from "./limits.ts";

/** The first argument by which the executable knows that it is to search. */
export const GREP = "__grep";

/** What is to be searched for, as JSON on the standard input. */
export interface GrepRequest {
  readonly directory: string;
  readonly limits: Limits;
  readonly query: Omit<OutputQuery, "grep">;
  readonly source: string;
  readonly flags: string;
}

export type FoundLine = OutputLine & Pick<Block, "unfinished">;
type Head = Omit<FoundLine, "bytes"> & { readonly length: number };
const LENGTHS_BYTES = 8;

export function encodeFrame(blocks: readonly Block[]): Buffer {
  const heads = blocks.map(({ source, time, stream, run, unfinished, bytes }): Head => ({
    alias: source.alias,
    time,
    stream,
    run,
    unfinished,
    length: bytes.length,
  }));
  const head = Buffer.from(JSON.stringify(heads));
  const lengths = Buffer.alloc(LENGTHS_BYTES);
  lengths.writeUInt32LE(head.length, 0);
  lengths.writeUInt32LE(
    heads.reduce((sum, { length }) => sum + length, 0),
    4,
  );
  return Buffer.concat([lengths, head, ...blocks.map(({ bytes }) => bytes)]);
}

/** Puts frames together from the pieces in which they arrive. */
export class FrameReader {
  #parts: Uint8Array[] = [];
  #length = 0;

  /** The lines of every frame that is whole now. */
  take(piece: Uint8Array): FoundLine[] {
    this.#parts.push(piece);
    this.#length += piece.length;
    const lines: FoundLine[] = [];
    for (let frame = this.#next(); frame !== null; frame = this.#next()) lines.push(...decodeFrame(frame));
    return lines;
  }

  #next(): Buffer | null {
    if (this.#length < LENGTHS_BYTES) return null;
    if ((this.#parts[0]?.length ?? 0) < LENGTHS_BYTES) this.#parts = [Buffer.concat(this.#parts)];
    const size = frameSize(Buffer.from(this.#parts[0]?.subarray(0, LENGTHS_BYTES) ?? []));
    if (this.#length < size) return null;
    const all = Buffer.concat(this.#parts);
    this.#parts = all.length === size ? [] : [all.subarray(size)];
    this.#length -= size;
    return all.subarray(0, size);
  }
}

function frameSize(lengths: Buffer): number {
  return LENGTHS_BYTES + lengths.readUInt32LE(0) + lengths.readUInt32LE(4);
}

function decodeFrame(frame: Buffer): FoundLine[] {
  const begin = LENGTHS_BYTES + frame.readUInt32LE(0);
  const heads = JSON.parse(frame.toString("utf8", LENGTHS_BYTES, begin)) as readonly Head[];
  let at = begin;
  return heads.map(({ length, ...head }) => {
    const bytes = frame.subarray(at, at + length);
    at += length;
    return { ...head, bytes };
  });
}
