/**
 * The compressing thread: makes a seekable zstd file of a closed segment, frame by frame, at the lowest priority and at most a
 * quarter of the time, so that nobody notices. Who asked for it puts the file in its place.
 */
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  fsyncSync,
  futimesSync,
  openSync,
  readSync,
  writeSync,
} from "node:fs";
import { openLibc } from "../platform/libc.ts";
import { NO_FOLLOW } from "../platform/private-files.ts";
import type { CompressJob } from "./compression.ts";
import { removeFile } from "./inventory.ts";
import { FRAME_BYTES, type SeekFrame, encodeSeekTable } from "./seek-table.ts";

declare const self: Worker;

export interface FromCompressThread {
  /** The size of what was made, `null` if it could not be, or nobody needs it any more. */
  readonly bytes: number | null;
}

const LEVEL = 3;
/** So many times as long as it worked it rests. */
const REST = 3;
const LOWEST_PRIORITY = 19;
const THREAD = 0;
const MODE = 0o640;
const WRITE = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | NO_FOLLOW;

const block = Buffer.allocUnsafe(FRAME_BYTES);

self.onmessage = (event: MessageEvent<CompressJob>) => void answer(event.data);

// on Linux a priority is a thread's own
if (process.platform === "linux")
  openLibc({ setpriority: { args: ["i32", "u32", "i32"], returns: "i32" } }).setpriority(
    THREAD,
    0,
    LOWEST_PRIORITY,
  );

async function answer(job: CompressJob): Promise<void> {
  let bytes: number | null = null;
  try {
    bytes = await compress(job);
  } catch {
    // no room, or it was removed meanwhile: the segment stays as it is and is tried again on another day
    removeFile(job.temporary);
  }
  self.postMessage({ bytes } satisfies FromCompressThread);
}

async function compress({ path, temporary }: CompressJob): Promise<number | null> {
  const from = openSync(path, constants.O_RDONLY | NO_FOLLOW);
  try {
    const to = openSync(temporary, WRITE, MODE);
    try {
      return (await compressAll(path, from, to)) ? finish(from, to) : null;
    } finally {
      closeSync(to);
    }
  } finally {
    closeSync(from);
  }
}

/** False if the segment is gone before its end. */
async function compressAll(path: string, from: number, to: number): Promise<boolean> {
  const frames: SeekFrame[] = [];
  for (;;) {
    const begin = performance.now();
    const count = readBlock(from);
    if (count === 0) break;
    const frame = Bun.zstdCompressSync(block.subarray(0, count), { level: LEVEL });
    writeAll(to, frame);
    frames.push({ compressed: frame.length, decompressed: count });
    if (!existsSync(path)) return false;
    await Bun.sleep((performance.now() - begin) * REST);
  }
  writeAll(to, encodeSeekTable(frames));
  return true;
}

/** It has the time of the segment, as its age counts from there. */
function finish(from: number, to: number): number {
  const { atime, mtime } = fstatSync(from);
  futimesSync(to, atime, mtime);
  fsyncSync(to);
  return fstatSync(to).size;
}

function readBlock(fd: number): number {
  let at = 0;
  while (at < block.length) {
    const count = readSync(fd, block, at, block.length - at, null);
    if (count === 0) break;
    at += count;
  }
  return at;
}

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
}
