/** One service for a data directory: a lock that the system takes back however its holder ends. */
import { closeSync, constants, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { openLibc } from "./libc.ts";
import { NO_FOLLOW } from "./private-files.ts";

const LOCK_EX = 2;
const LOCK_NB = 4;

/** Who holds the lock, as the file says. */
export interface Holder {
  readonly pid: number;
  /** Another one for each start, also where the pid stays the same. */
  readonly start: string;
  readonly executable: string;
  /** It answers. */
  readonly ready: boolean;
  readonly cwd: string;
  /** What of its environment decides where its data is. */
  readonly variables: Readonly<Record<string, string>>;
  readonly args: readonly string[];
}

export interface Lock {
  /** Says that the service answers by now. */
  ready(): void;
  release(): void;
}

export function lockPath(dataDir: string): string {
  return join(dataDir, "meproc.lock");
}

/** Takes the lock and writes down who holds it, or returns `null` if somebody else does. */
export function takeLock(path: string, holder: Holder): Lock | null {
  const fd = openSync(path, constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | NO_FOLLOW, 0o600);
  if (!tryLock(fd)) {
    closeSync(fd);
    return null;
  }
  const write = (content: Holder): void => {
    ftruncateSync(fd, 0);
    writeSync(fd, `${JSON.stringify(content)}\n`, 0);
  };
  write(holder);
  return { ready: () => write({ ...holder, ready: true }), release: () => closeSync(fd) };
}

/** Who holds the lock; `null` if nobody does. */
export function lockHolder(path: string): Holder | null {
  let fd: number;
  try {
    fd = openSync(path, "r");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
  try {
    return tryLock(fd) ? null : readHolder(path);
  } finally {
    closeSync(fd);
  }
}

/** `null` while it is just being written. */
function readHolder(path: string): Holder | null {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Holder;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** Windows has no flock: there a second service meets the address in use. */
function tryLock(fd: number): boolean {
  if (process.platform === "win32") return true;
  const libc = openLibc({ flock: { args: ["i32", "i32"], returns: "i32" } });
  return libc.flock(fd, LOCK_EX | LOCK_NB) === 0;
}
