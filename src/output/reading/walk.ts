/** Walks through a stretch of a row and reads what is wanted of it, in large reads. */
import type { Format } from "../index-format.ts";
import { type Chunk, type LogRow, type Place, isBefore } from "./log-row.ts";

/** What lies between two wanted chunks is read along if it is no more than this. */
const HOLE_BYTES = 32 << 10;

/** A chunk with its bytes; `null` if it is not wanted. A long chunk comes in parts. */
export interface Stretch extends Chunk {
  readonly segment: number;
  readonly format: Format;
  readonly bytes: Uint8Array | null;
}

/** The stretches from one place to another, in batches. Ends early where `signal` aborts. */
export async function* walk(
  row: LogRow,
  from: Place,
  to: Place,
  wants: (chunk: Chunk) => boolean,
  batchBytes: number,
  signal: AbortSignal,
): AsyncGenerator<readonly Stretch[]> {
  let at = from;
  while (isBefore(at, to) && !signal.aborted) {
    const { segment } = at;
    const end =
      segment === to.segment ? Math.min(to.offset, await row.sizeOf(segment)) : await row.sizeOf(segment);
    const chunks = at.offset < end ? batch(await row.chunks(segment, at.offset), end, wants, batchBytes) : [];
    const last = chunks.at(-1);
    if (last === undefined) {
      at = { segment: segment + 1, offset: 0 };
      continue;
    }
    const stretches = await read(row, segment, chunks, wants);
    await row.pause();
    if (stretches.length === 0) at = { segment: segment + 1, offset: 0 };
    else at = { segment, offset: last.offset + last.length };
    if (stretches.length > 0) yield stretches;
  }
}

/** The first of these chunks that can be read in one go. */
function batch(
  chunks: readonly Chunk[],
  end: number,
  wants: (chunk: Chunk) => boolean,
  batchBytes: number,
): Chunk[] {
  const taken: Chunk[] = [];
  let from: number | null = null;
  let wantedEnd = 0;
  for (const chunk of chunks) {
    if (chunk.offset >= end) break;
    const length = Math.min(chunk.length, end - chunk.offset);
    if (!wants(chunk)) {
      taken.push({ ...chunk, length });
      continue;
    }
    if (from !== null && chunk.offset - wantedEnd > HOLE_BYTES) break;
    from ??= chunk.offset;
    const room = from + batchBytes - chunk.offset;
    if (room <= 0) break;
    taken.push({ ...chunk, length: Math.min(length, room) });
    wantedEnd = chunk.offset + Math.min(length, room);
    if (length >= room) break;
  }
  return taken;
}

async function read(
  row: LogRow,
  segment: number,
  chunks: readonly Chunk[],
  wants: (chunk: Chunk) => boolean,
): Promise<Stretch[]> {
  const wanted = chunks.filter(wants);
  const from = wanted[0]?.offset ?? 0;
  const last = wanted.at(-1);
  const file = await row.open(segment);
  if (file === null) return [];
  const bytes = last === undefined ? new Uint8Array() : await file.read(from, last.offset + last.length);
  const { format } = file;
  return chunks.map((chunk) => {
    if (!wants(chunk)) return { ...chunk, segment, format, bytes: null };
    const part = bytes.subarray(chunk.offset - from, chunk.offset - from + chunk.length);
    return { ...chunk, segment, format, bytes: part };
  });
}
