/**
 * The FIFO of a run whose stdin is a pipe. The process holds it open for writing too, so it never reads an end, whatever
 * becomes of the service; a later service finds it by its name.
 */
import {
  chownSync,
  closeSync,
  constants,
  existsSync,
  openSync,
  readdirSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { ptr } from "bun:ffi";
import { MeprocError } from "../domain/errors.ts";
import type { Cancel, Clock, Identity } from "../domain/ports.ts";
import type { RunId } from "../domain/run.ts";
import { cString, openLibc } from "../platform/libc.ts";
import { codeOf } from "../platform/system-errors.ts";

const ENDING = ".in";
const FIRST_LOOK_MS = 1;
const SLOWEST_LOOK_MS = 50;
/** How much may wait for a process that does not read. */
const MAX_WAITING_BYTES = 1024 * 1024;

interface Waiting {
  rest: Uint8Array;
  readonly settle: (error?: MeprocError) => void;
}

export class Stdin {
  readonly #path: string;
  readonly #clock: Clock;
  readonly #waiting: Waiting[] = [];
  #fd: number | null = null;
  #look: Cancel | null = null;

  private constructor(path: string, clock: Clock) {
    this.#path = path;
    this.#clock = clock;
  }

  /** In the first of the folders that takes it. Throws an Error in words. */
  static make(folders: readonly string[], run: RunId, owner: Identity | null, clock: Clock): Stdin {
    let last: unknown;
    for (const folder of folders) {
      const path = join(folder, run + ENDING);
      try {
        makeFifo(path);
        if (owner !== null) chownSync(path, owner.uid, owner.gid);
        return new Stdin(path, clock);
      } catch (error) {
        last = error;
      }
    }
    throw last;
  }

  /** That of a run of an earlier service; `null` if it has none. */
  static find(folders: readonly string[], run: RunId, clock: Clock): Stdin | null {
    const path = folders.map((folder) => join(folder, run + ENDING)).find((each) => existsSync(each));
    return path === undefined ? null : new Stdin(path, clock);
  }

  /** A descriptor for the process. Whoever takes it closes it. */
  openForProcess(): number {
    return openSync(this.#path, constants.O_RDWR);
  }

  /** Settles when the process's FIFO has taken it all, in the order of the calls. */
  write(bytes: Uint8Array): Promise<void> {
    const before = this.#waiting.reduce((sum, { rest }) => sum + rest.length, 0);
    if (this.#waiting.length > 0 && before + bytes.length > MAX_WAITING_BYTES)
      throw new MeprocError("conflict", "Its stdin takes no more: the process does not read");
    return new Promise((resolve, reject) => {
      this.#waiting.push({
        rest: bytes,
        settle: (error) => (error === undefined ? resolve() : reject(error)),
      });
      if (this.#look === null) this.#drain();
    });
  }

  /** The process has ended. */
  close(): void {
    this.#look?.();
    this.#look = null;
    for (const { settle } of this.#waiting.splice(0))
      settle(new MeprocError("conflict", "The process ended before it had taken everything"));
    if (this.#fd !== null) closeSync(this.#fd);
    this.#fd = null;
    remove(this.#path);
  }

  #drain(delayMs = FIRST_LOOK_MS): void {
    this.#look = null;
    let delay = delayMs;
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const count = this.#take(next.rest);
      if (count > 0) delay = FIRST_LOOK_MS;
      next.rest = next.rest.subarray(count);
      if (next.rest.length > 0) return this.#drainLater(delay);
      this.#waiting.shift();
      next.settle();
    }
  }

  #drainLater(delayMs: number): void {
    const next = Math.min(delayMs * 2, SLOWEST_LOOK_MS);
    this.#look = this.#clock.at(this.#clock.now().mono + delayMs, () => this.#drain(next));
  }

  /** How much there was room for. */
  #take(bytes: Uint8Array): number {
    if (bytes.length === 0) return 0;
    try {
      this.#fd ??= openSync(this.#path, constants.O_WRONLY | constants.O_NONBLOCK);
      return writeSync(this.#fd, bytes);
    } catch (error) {
      // full; or nobody has it open, which the end of the process will tell
      if (codeOf(error) === null) throw error;
      return 0;
    }
  }
}

/** Removes what no process has open any more: runs that ended while no service was there. */
export function sweepStdins(folders: readonly string[]): void {
  for (const folder of folders)
    for (const name of existsSync(folder) ? readdirSync(folder) : [])
      if (name.endsWith(ENDING) && !isRead(join(folder, name))) remove(join(folder, name));
}

function isRead(path: string): boolean {
  try {
    closeSync(openSync(path, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW));
    return true;
  } catch (error) {
    return codeOf(error) !== "ENXIO";
  }
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    // somebody else was faster
    if (codeOf(error) !== "ENOENT") throw error;
  }
}

let mkfifo: ((path: string) => number) | null = null;

function makeFifo(path: string): void {
  if (process.platform === "win32") throw new Error("a pipe for stdin is not available on Windows");
  mkfifo ??= bindMkfifo();
  if (mkfifo(path) !== 0) throw new Error("no FIFO could be made for its stdin");
}

function bindMkfifo(): (path: string) => number {
  const libc = openLibc({ mkfifo: { args: ["ptr", "u32"], returns: "i32" } });
  return (path) => libc.mkfifo(ptr(cString(path)), 0o600);
}
