/** The bytes of a segment, as written or compressed: any range of them. */
import type { FileHandle } from "node:fs/promises";
import { FOOTER_BYTES, decodeSeekTable, seekTableSize } from "../seek-table.ts";
import { readRange } from "./file-bytes.ts";

export interface Contents {
  /** Of what was written; as it was when the segment was opened. */
  readonly size: number;
  /** Fewer bytes than asked for where the file has been cut meanwhile. */
  read(from: number, to: number): Promise<Uint8Array>;
}

export function plain(file: FileHandle, size: number): Contents {
  return { size, read: (from, to) => readRange(file, from, Math.min(to, size)) };
}

interface Frame {
  /** Where it begins in the file, and how long it is there. */
  readonly at: number;
  readonly length: number;
  /** Where it begins in what was written. */
  readonly from: number;
}

/** `null` for a file without a seek table: none of ours. */
export async function compressed(file: FileHandle, fileSize: number): Promise<Contents | null> {
  const table = await readTable(file, fileSize);
  if (table === null) return null;
  const frames: Frame[] = [];
  let at = 0;
  let from = 0;
  for (const each of table) {
    frames.push({ at, length: each.compressed, from });
    at += each.compressed;
    from += each.decompressed;
  }
  return new Frames(file, frames, from);
}

async function readTable(file: FileHandle, fileSize: number) {
  const footer = await readRange(file, Math.max(0, fileSize - FOOTER_BYTES), fileSize);
  const size = seekTableSize(footer);
  if (size === null || size > fileSize) return null;
  return decodeSeekTable(await readRange(file, fileSize - size, fileSize));
}

class Frames implements Contents {
  readonly size: number;
  readonly #file: FileHandle;
  readonly #frames: readonly Frame[];
  /** The one read last: the next range mostly begins where the last one ended. */
  #last: { readonly frame: number; readonly bytes: Uint8Array } | null = null;

  constructor(file: FileHandle, frames: readonly Frame[], size: number) {
    this.#file = file;
    this.#frames = frames;
    this.size = size;
  }

  async read(from: number, to: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    const end = Math.min(to, this.size);
    let at = from;
    for (let i = this.#frameAt(from); at < end && i < this.#frames.length; i++) {
      const begin = this.#frames[i]?.from ?? 0;
      const part = (await this.#frame(i)).subarray(at - begin, end - begin);
      if (part.length === 0) break;
      parts.push(part);
      at += part.length;
    }
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
  }

  async #frame(i: number): Promise<Uint8Array> {
    if (this.#last?.frame === i) return this.#last.bytes;
    const { at = 0, length = 0 } = this.#frames[i] ?? {};
    const bytes = await Bun.zstdDecompress(await readRange(this.#file, at, at + length));
    this.#last = { frame: i, bytes };
    return bytes;
  }

  #frameAt(offset: number): number {
    let low = 0;
    let high = this.#frames.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((this.#frames[middle]?.from ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return low;
  }
}
