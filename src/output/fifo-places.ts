/**
 * Where the FIFOs are made. A FIFO is a name and nothing on a disk, and yet a disk's file system may take as long for one
 * as a process takes to start. So on Linux, for root, they are in a file system in memory, which lives exactly as long as
 * the processes may. A user's own (/run/user) is emptied when the user logs out: it would be gone before the processes are.
 */
import { existsSync, lstatSync, mkdirSync, rmdirSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { codeOf } from "../platform/system-errors.ts";

/** statfs(2). */
const TMPFS_MAGIC = 0x01021994;
const IN_MEMORY = ["/run", "/dev/shm"];

/**
 * The folders in the order in which they are to be tried, the one in the data directory last. They follow from the
 * service's id alone, so the next service finds what this one leaves.
 */
export function findFifoPlaces(service: string, dataDir: string): string[] {
  const inData = join(dataDir, "run");
  if (process.platform !== "linux" || process.geteuid?.() !== 0) return [inData];
  const paths = IN_MEMORY.map((mount) => join(mount, `meproc-${service}`));
  const best = paths.find(makePrivate);
  const others = paths.filter((path) => path !== best && existsSync(path) && isPrivate(path));
  return [...(best === undefined ? [] : [best]), ...others, inData];
}

/** The end of the service: what is empty goes, but for the folder in the data directory. */
export function leaveFifoPlaces(places: readonly string[]): void {
  for (const place of places.slice(0, -1)) {
    try {
      rmdirSync(place);
    } catch (error) {
      // ENOTEMPTY: the FIFOs of processes that live on
      if (codeOf(error) === null) throw error;
    }
  }
}

/** Below /dev/shm anybody may have made it before us. */
function makePrivate(path: string): boolean {
  try {
    if (statfsSync(join(path, "..")).type !== TMPFS_MAGIC) return false;
    mkdirSync(path, { recursive: true, mode: 0o700 });
    return isPrivate(path);
  } catch (error) {
    if (codeOf(error) === null) throw error;
    return false;
  }
}

function isPrivate(path: string): boolean {
  const found = lstatSync(path);
  return found.isDirectory() && found.uid === process.geteuid?.() && (found.mode & 0o077) === 0;
}
