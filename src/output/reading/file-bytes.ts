/** Files opened for reading that may be gone, and exact reads of them. */
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { codeOf } from "../../platform/system-errors.ts";

/** Not there on Windows. Opening a FIFO would wait for somebody who writes to it, and hold up every other read. */
const FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** `null` if it does not exist, or is no file: a link, a folder, a FIFO. */
export async function openToRead(path: string): Promise<FileHandle | null> {
  try {
    const file = await open(path, FLAGS);
    if ((await file.stat()).isFile()) return file;
    await file.close();
    return null;
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT" || code === "ELOOP") return null;
    throw error;
  }
}

/** The bytes from `from` to `to`, fewer where the file ends before. */
export async function readRange(file: FileHandle, from: number, to: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafeSlow(Math.max(0, to - from));
  let at = 0;
  while (at < buffer.length) {
    const { bytesRead } = await file.read(buffer, at, buffer.length - at, from + at);
    if (bytesRead === 0) break;
    at += bytesRead;
  }
  return buffer.subarray(0, at);
}
