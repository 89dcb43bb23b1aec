/** What lies in a folder of output: segments in the order of writing, and what their indexes say. */
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import {
  INDEX_BYTES,
  type IndexHeader,
  type IndexRecord,
  decodeHeader,
  decodeRecord,
} from "../../src/output/index-format.ts";
import { codeOf } from "../../src/platform/system-errors.ts";
import {
  type SegmentName,
  bySegmentOrder,
  indexPath,
  parseSegmentName,
  segmentPath,
} from "../../src/output/segment-name.ts";

export interface SegmentOnDisk {
  readonly name: SegmentName;
  readonly bytes: Buffer;
  readonly header: IndexHeader | null;
  readonly records: readonly IndexRecord[];
}

/** Where one is being renamed or removed meanwhile, it is looked again. */
export function segmentsOf(directory: string, stem: string): SegmentOnDisk[] {
  for (;;)
    try {
      return read(directory, stem);
    } catch (error) {
      if (codeOf(error) !== "ENOENT" || !existsSync(directory)) throw error;
    }
}

function read(directory: string, stem: string): SegmentOnDisk[] {
  return readdirSync(directory)
    .map(parseSegmentName)
    .filter((name) => name !== null)
    .filter((name) => name.stem === stem)
    .sort(bySegmentOrder)
    .map((name) => {
      const bytes = readFileSync(segmentPath(directory, name));
      const path = indexPath(directory, name);
      // in the middle of a rotation the index follows its segment a moment later
      const index = existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
      return { name, bytes, header: decodeHeader(index), records: recordsOf(index) };
    });
}

/** All that was written and is still there, compressed or not. */
export function outputOf(directory: string, stem: string): Buffer {
  return Buffer.concat(
    segmentsOf(directory, stem).map(({ name, bytes }) =>
      name.compressed ? Buffer.from(Bun.zstdDecompressSync(bytes)) : bytes,
    ),
  );
}

/** How much a folder holds; files that are just being renamed or removed do not count. */
export function bytesIn(directory: string, matching: (file: string) => boolean = () => true): number {
  return readdirSync(directory)
    .filter(matching)
    .reduce((sum, file) => sum + (statSync(join(directory, file), { throwIfNoEntry: false })?.size ?? 0), 0);
}

/** How large the files of a folder are at one moment: looked at again where one is renamed or removed meanwhile. */
export function sizesIn(directory: string, matching: (file: string) => boolean = () => true) {
  for (;;) {
    const files = namesIn(directory, matching);
    const sizes = files.map((file) => statSync(join(directory, file), { throwIfNoEntry: false })?.size ?? 0);
    if (namesIn(directory, matching).join("/") !== files.join("/")) continue;
    return { sizes, total: sizes.reduce((sum, size) => sum + size, 0) };
  }
}

/** What is just being compressed takes the place of another. */
function namesIn(directory: string, matching: (file: string) => boolean): string[] {
  return readdirSync(directory)
    .filter((file) => !file.endsWith(".tmp") && matching(file))
    .sort();
}

function recordsOf(index: Buffer): IndexRecord[] {
  const count = Math.max(0, Math.floor(index.length / INDEX_BYTES) - 1);
  return Array.from({ length: count }, (_, i) => decodeRecord(index, (i + 1) * INDEX_BYTES));
}
