/**
 * A segment that is open for reading. Between being listed and being opened it may have been renamed because it was
 * full, compressed, or removed; it is known again by its number, which its index tells.
 */
import { type FileHandle, stat } from "node:fs/promises";
import { codeOf } from "../../platform/system-errors.ts";
import type { Format } from "../index-format.ts";
import { type SegmentName, indexPath, segmentPath } from "../segment-name.ts";
import { type Contents, compressed, plain } from "./contents.ts";
import { openToRead } from "./file-bytes.ts";
import { SegmentIndex } from "./segment-index.ts";

const TRIES = 4;

export class SegmentFile {
  readonly name: SegmentName;
  readonly index: SegmentIndex | null;
  /** Of what was written to it, as it was when it was opened. */
  readonly size: number;
  /** Unix ms. */
  readonly modified: number;
  /** Where the bytes end of which there is a record. */
  readonly covered: number;
  readonly #file: FileHandle;
  readonly #contents: Contents;

  constructor(
    name: SegmentName,
    file: FileHandle,
    contents: Contents,
    index: SegmentIndex | null,
    modified: number,
    covered: number,
  ) {
    this.name = name;
    this.index = index;
    this.size = contents.size;
    this.modified = modified;
    this.covered = Math.min(covered, contents.size);
    this.#file = file;
    this.#contents = contents;
  }

  get format(): Format {
    return this.index?.header.format ?? "raw";
  }

  read(from: number, to: number): Promise<Uint8Array> {
    return this.#contents.read(from, to);
  }

  async close(): Promise<void> {
    await this.#file.close();
    await this.index?.close();
  }
}

/**
 * Opens the segment that was listed as `name`; `number` is the number it had in its index then, `null` if that is not
 * known. `null` if it is gone.
 */
export async function openSegmentFile(
  directory: string,
  name: SegmentName,
  number: number | null,
): Promise<SegmentFile | null> {
  const numbers = name.number === null && number !== null ? [null, number] : [name.number];
  for (let i = 0; i < TRIES; i++) {
    let moved = false;
    for (const each of numbers) {
      for (const isCompressed of [name.compressed, !name.compressed]) {
        const found = await tryOpen(directory, { ...name, number: each, compressed: isCompressed }, number);
        if (found instanceof SegmentFile) return found;
        if (found === "moved") moved = true;
      }
    }
    if (!moved) return null;
  }
  return null;
}

/** "moved" if the files were exchanged while they were being opened. */
async function tryOpen(
  directory: string,
  name: SegmentName,
  number: number | null,
): Promise<SegmentFile | "moved" | null> {
  const index = await openIndex(directory, name);
  if (number !== null && name.number === null && index !== null && index.header.number !== number) {
    await index.close();
    return null;
  }
  const path = segmentPath(directory, name);
  const file = await openToRead(path);
  if (file === null) {
    await index?.close();
    return null;
  }
  const { size, ino, mtimeMs } = await file.stat();
  const isMoved = name.number === null && !name.compressed && !(await isStill(directory, name, ino, index));
  const contents = isMoved ? null : name.compressed ? await compressed(file, size) : plain(file, size);
  if (contents === null) {
    await file.close();
    await index?.close();
    return isMoved ? "moved" : null;
  }
  const covered = (await index?.covered()) ?? 0;
  return new SegmentFile(name, file, contents, index, mtimeMs, covered);
}

/** Rotation renames the segment first and its index after it: in between the index has its old name. */
async function openIndex(directory: string, name: SegmentName): Promise<SegmentIndex | null> {
  const own = await indexAt(indexPath(directory, name));
  if (own !== null || name.number === null) return own;
  const other = await indexAt(indexPath(directory, { ...name, number: null }));
  if (other === null || other.header.number === name.number) return other;
  await other.close();
  return null;
}

async function indexAt(path: string): Promise<SegmentIndex | null> {
  const file = await openToRead(path);
  if (file === null) return null;
  const index = await SegmentIndex.of(file);
  if (index === null) await file.close();
  return index;
}

/** True if the segment and the index that were opened still have their names, so that they belong together. */
async function isStill(
  directory: string,
  name: SegmentName,
  inode: number,
  index: SegmentIndex | null,
): Promise<boolean> {
  if ((await inodeOf(segmentPath(directory, name))) !== inode) return false;
  return index === null || (await inodeOf(indexPath(directory, name))) === index.inode;
}

async function inodeOf(path: string): Promise<number | null> {
  try {
    return (await stat(path)).ino;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return null;
    throw error;
  }
}
