/**
 * The seek table of a compressed segment, as the "zstd seekable format" has it: a skippable frame at the end that lists
 * the frames before it, so that any zstd reads the file whole and we can begin anywhere. Little-endian, without checksums.
 */

/** Each frame holds so much of the segment; only the last may hold less. */
export const FRAME_BYTES = 1 << 20;
const SKIPPABLE_MAGIC = 0x184d2a5e;
const SEEKABLE_MAGIC = 0x8f92eab1;
const HEAD_BYTES = 8;
const ENTRY_BYTES = 8;
/** Number of frames, a byte of flags, the magic number: at the very end of the file. */
export const FOOTER_BYTES = 9;

export interface SeekFrame {
  readonly compressed: number;
  readonly decompressed: number;
}

export function encodeSeekTable(frames: readonly SeekFrame[]): Buffer {
  const table = Buffer.alloc(seekTableBytes(frames.length));
  table.writeUInt32LE(SKIPPABLE_MAGIC, 0);
  table.writeUInt32LE(table.length - HEAD_BYTES, 4);
  for (const [i, { compressed, decompressed }] of frames.entries()) {
    table.writeUInt32LE(compressed, HEAD_BYTES + i * ENTRY_BYTES);
    table.writeUInt32LE(decompressed, HEAD_BYTES + i * ENTRY_BYTES + 4);
  }
  table.writeUInt32LE(frames.length, table.length - FOOTER_BYTES);
  table.writeUInt32LE(SEEKABLE_MAGIC, table.length - 4);
  return table;
}

/** How many bytes the table takes at the end of a file, by its footer; `null` if that is none of ours. */
export function seekTableSize(footer: Buffer): number | null {
  if (footer.length !== FOOTER_BYTES || footer.readUInt32LE(5) !== SEEKABLE_MAGIC) return null;
  return footer.readUInt8(4) === 0 ? seekTableBytes(footer.readUInt32LE(0)) : null;
}

/** The frames in their order; `null` if the table is damaged. */
export function decodeSeekTable(table: Buffer): SeekFrame[] | null {
  const frames = (table.length - HEAD_BYTES - FOOTER_BYTES) / ENTRY_BYTES;
  if (!Number.isInteger(frames) || frames < 0 || table.readUInt32LE(0) !== SKIPPABLE_MAGIC) return null;
  return Array.from({ length: frames }, (_, i) => ({
    compressed: table.readUInt32LE(HEAD_BYTES + i * ENTRY_BYTES),
    decompressed: table.readUInt32LE(HEAD_BYTES + i * ENTRY_BYTES + 4),
  }));
}

function seekTableBytes(frames: number): number {
  return HEAD_BYTES + frames * ENTRY_BYTES + FOOTER_BYTES;
}
