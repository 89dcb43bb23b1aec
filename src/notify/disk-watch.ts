/** Looks once a minute how much room the file systems of the service have, and tells when that is little or enough again. */
import { statfs } from "node:fs/promises";
import type { Cancel, Clock, Publish } from "../domain/ports.ts";
import { codeOf } from "../platform/system-errors.ts";

const EVERY_MS = 60_000;
const LOW_SHARE = 0.05;
const LOW_BYTES = 1 << 30;
/** It has to have so much more again to be told of as well: else it would be told again and again. */
const MORE = 1.2;

export interface Room {
  readonly free: number;
  readonly total: number;
}

export interface DiskWatchOptions {
  readonly paths: readonly string[];
  readonly clock: Clock;
  readonly publish: Publish;
  /** `null` where it cannot be told. */
  readonly look?: (path: string) => Promise<Room | null>;
}

/** Until it is cancelled. */
export function watchDisks({ paths, clock, publish, look = roomOf }: DiskWatchOptions): Cancel {
  const low = new Set<string>();
  let cancel: Cancel = () => undefined;
  let over = false;
  const lookAt = async (path: string) => {
    const room = await look(path);
    if (room === null || over) return;
    const { free, total } = room;
    const least = Math.min(LOW_BYTES, total * LOW_SHARE);
    if (!low.has(path) && free < least) {
      low.add(path);
      publish({ kind: "disk.low", path, free_bytes: free, reason: "The disk is nearly full" });
    } else if (low.has(path) && free > least * MORE) {
      low.delete(path);
      publish({ kind: "disk.recovered", path, free_bytes: free });
    }
  };
  // a file system that does not answer keeps nobody waiting but the next look
  const turn = async () => {
    for (const path of paths) await lookAt(path);
    if (!over) cancel = clock.at(clock.now().mono + EVERY_MS, () => void turn());
  };
  cancel = clock.at(clock.now().mono, () => void turn());
  return () => {
    over = true;
    cancel();
  };
}

async function roomOf(path: string): Promise<Room | null> {
  try {
    const { bavail, blocks, bsize } = await statfs(path);
    return { free: bavail * bsize, total: blocks * bsize };
  } catch (error) {
    // a folder that is away for a moment is found again in a minute
    if (codeOf(error) !== undefined) return null;
    throw error;
  }
}
