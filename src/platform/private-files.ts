/**
 * Whether what the service keeps is for nobody else. What holds secrets is 0600, in folders that are 0700: repaired where
 * it is ours, refused where somebody else could have his hands in it.
 */
import { chmodSync, constants, existsSync, lstatSync, openSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** Opens nothing in the place of which somebody has put a link. Not on Windows, which makes none for everybody. */
export const NO_FOLLOW = constants.O_NOFOLLOW ?? 0;
const NOT_OURS = 0o077;
const OTHERS_WRITE = 0o022;
const MODE = 0o7777;

/** Opens a file of the service for writing at its end; it is made if it is not there. Throws what the system says. */
export function openToAppend(path: string, mode: number): number {
  return openSync(path, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | NO_FOLLOW, mode);
}

/**
 * A folder in which we keep secrets. `isOurs` is whether it has been one before: what we find with wider rights is
 * narrowed then, and left as it is where it holds other things too. Returns what was repaired, in words; throws an Error.
 */
export function checkFolder(path: string, isOurs: boolean): string[] {
  if (process.platform === "win32") return [];
  const { uid, mode } = statSync(path);
  if (uid !== process.geteuid?.() && uid !== 0)
    throw new Error(`it belongs to another user (uid ${uid}), who could change what the service starts`);
  if ((mode & NOT_OURS) === 0) return [];
  if (isOurs) {
    chmodSync(path, 0o700);
    return [`${path} was open to others (${octal(mode)}); it is 0700 now`];
  }
  if ((mode & OTHERS_WRITE) === 0) return [];
  throw new Error(
    `others may write to it (${octal(mode)}), and it is not the service's alone; choose a folder of its own`,
  );
}

/** Files of the service, by their names. Returns what was repaired, in words; throws an Error. */
export function checkFiles(folder: string, names: readonly string[]): string[] {
  if (process.platform === "win32") return [];
  return names.map((name) => join(folder, name)).flatMap(checkFile);
}

function checkFile(path: string): string[] {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return [];
  if (found.isSymbolicLink()) throw new Error(`${path}: it is a symbolic link`);
  if (!found.isFile()) return [];
  if (found.uid !== process.geteuid?.())
    throw new Error(`${path}: it belongs to another user (uid ${found.uid})`);
  if ((found.mode & NOT_OURS) === 0) return [];
  chmodSync(path, 0o600);
  return [`${path} was open to others (${octal(found.mode)}); it is 0600 now`];
}

/** Whether a folder holds one of these already. */
export function holdsOne(folder: string, names: readonly string[]): boolean {
  return names.some((name) => existsSync(join(folder, name)));
}

/** Also what is not there, or no folder. */
export function isEmpty(folder: string): boolean {
  return !existsSync(folder) || (statSync(folder).isDirectory() && readdirSync(folder).length === 0);
}

function octal(mode: number): string {
  return (mode & MODE).toString(8).padStart(4, "0");
}
