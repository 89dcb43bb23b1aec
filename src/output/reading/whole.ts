/** All that one source has, exactly as it was written. */
import type { LogRow } from "./log-row.ts";

/** False if a segment has its lines in a format: then they are not as they were written. */
export async function isRaw(row: LogRow): Promise<boolean> {
  for (let segment = 0; segment < row.count; segment++) {
    if ((await row.formatOf(segment)) !== "raw") return false;
  }
  return true;
}

export async function* wholeRow(
  row: LogRow,
  batchBytes: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  await row.end();
  for (let segment = 0; segment < row.count; segment++) {
    const size = await row.sizeOf(segment);
    for (let at = 0; at < size && !signal.aborted;) {
      const bytes = await (await row.open(segment))?.read(at, Math.min(size, at + batchBytes));
      if (bytes === undefined || bytes.length === 0) break;
      at += bytes.length;
      yield bytes;
    }
  }
}
