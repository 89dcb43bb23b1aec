/** The index of a segment as it is read: any record of it, and searches that read only a few. */
import type { FileHandle } from "node:fs/promises";
import {
  INDEX_BYTES,
  type IndexHeader,
  type IndexRecord,
  RecordDecoder,
  decodeHeader,
} from "../index-format.ts";
import { readRange } from "./file-bytes.ts";

/** So many records are read with one call. */
const BLOCK = 256;

export class SegmentIndex {
  readonly header: IndexHeader;
  /** The number of whole records, as it was when it was opened. */
  readonly count: number;
  readonly inode: number;
  readonly #file: FileHandle;
  readonly #decoder = new RecordDecoder();
  #block: { readonly first: number; readonly records: readonly IndexRecord[] } = { first: 0, records: [] };

  private constructor(file: FileHandle, header: IndexHeader, count: number, inode: number) {
    this.#file = file;
    this.inode = inode;
    this.header = header;
    this.count = count;
  }

  /** `null` for a file that is no index of ours. */
  static async of(file: FileHandle): Promise<SegmentIndex | null> {
    const { size, ino } = await file.stat();
    const header = decodeHeader(await readRange(file, 0, INDEX_BYTES));
    if (header === null) return null;
    return new SegmentIndex(file, header, Math.max(0, Math.floor(size / INDEX_BYTES) - 1), ino);
  }

  /** The records from `first` on, as many as lie together; none after the last. */
  async from(first: number): Promise<readonly IndexRecord[]> {
    const at = first - this.#block.first;
    if (at >= 0 && at < this.#block.records.length) return this.#block.records.slice(at);
    return this.#load(first);
  }

  async at(number: number): Promise<IndexRecord | undefined> {
    const { first, records } = this.#block;
    if (number >= first && number < first + records.length) return records[number - first];
    // a block around it, for a search comes closer and closer
    const start = Math.max(0, Math.min(number - BLOCK / 2, this.count - BLOCK));
    return (await this.#load(start))[number - start];
  }

  /** The number of the first record of which `is` is true; `count` if of none. Once true it must stay so. */
  async find(is: (record: IndexRecord) => boolean): Promise<number> {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const record = await this.at(middle);
      if (record === undefined || is(record)) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** Where the bytes end of which there is a record. */
  async covered(): Promise<number> {
    const last = this.count === 0 ? undefined : await this.at(this.count - 1);
    return last === undefined ? 0 : last.offset + last.length;
  }

  async #load(first: number): Promise<readonly IndexRecord[]> {
    const end = Math.min(first + BLOCK, this.count);
    if (end <= first) return [];
    const bytes = await readRange(this.#file, (first + 1) * INDEX_BYTES, (end + 1) * INDEX_BYTES);
    const records = this.#decoder.decode(bytes);
    this.#block = { first, records };
    return records;
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
