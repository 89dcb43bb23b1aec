/**
 * Where the FIFOs are made. A FIFO is a name and nothing on a disk, and yet a disk's file system may take as long for one
 * as a process takes to start. So on Linux, for root, they are in a file system in memory, which lives exactly as long as
 * the processes may. A user's own (/run/user) is emptied when the user logs out: it would be gone before the processes are.
 */
import { existsSync, lstatSync, mkdirSync, rmdirSync, statfsSync } from "node:fs";
import { dirname, join } from "node:path";
import { codeOf } from "../platform/system-errors.ts";

/** statfs(2). */
const TMPFS_MAGIC = 0x01021994;
const IN_MEMORY = ["/run", "/dev/shm"];

export interface FifoPlacesOptions {
  /** The id of the service. */
  readonly service: string;
  readonly dataDir: string;
  /** Where the configuration wants them; `null` if it does not say. */
  readonly fifoDir: string | null;
}

/**
 * The folders in the order in which they are to be tried, the one in the data directory last. They follow from the
 * service's id and its configuration, so the next service finds what this one leaves. Throws if the folder that the
 * configuration names cannot be used.
 */
export function findFifoPlaces({ service, dataDir, fifoDir }: FifoPlacesOptions): string[] {
  const inData = join(dataDir, "run");
  if (process.platform === "win32") return [inData];
  const below = (folder: string) => join(folder, `meproc-${service}`);
  const inMemory = process.platform === "linux" && process.geteuid?.() === 0 ? IN_MEMORY.map(below) : [];
  const paths = fifoDir === null ? inMemory : [below(fifoDir), ...inMemory];
  const best = fifoDir === null ? inMemory.find(canHave) : makePrivate(below(fifoDir));
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

function canHave(path: string): boolean {
  try {
    if (statfsSync(dirname(path)).type !== TMPFS_MAGIC) return false;
    mkdirSync(path, { recursive: true, mode: 0o700 });
    return isPrivate(path);
  } catch (error) {
    if (codeOf(error) === null) throw error;
    return false;
  }
}

/** Throws if it cannot be made, or if others may enter it. */
function makePrivate(path: string): string {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  if (!isPrivate(path)) throw new Error("others may enter it");
  return path;
}

/** Below /dev/shm anybody may have made it before us. */
function isPrivate(path: string): boolean {
  const found = lstatSync(path);
  return found.isDirectory() && found.uid === process.geteuid?.() && (found.mode & 0o077) === 0;
}
