/** Where a source begins on a day on which none of its bytes are left. */
import { INDEX_BYTES, decodeHeader } from "../index-format.ts";
import { type SegmentName, indexPath } from "../segment-name.ts";
import { openToRead, readRange } from "./file-bytes.ts";

/** After what was written and has been removed, of which an index without a segment tells; else 0. */
export async function dayStart(directory: string, stem: string, day: string): Promise<number> {
  const name: SegmentName = { stem, day, number: null, compressed: false };
  const file = await openToRead(indexPath(directory, name));
  if (file === null) return 0;
  try {
    return decodeHeader(await readRange(file, 0, INDEX_BYTES))?.base ?? 0;
  } finally {
    await file.close();
  }
}
