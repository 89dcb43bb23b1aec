/**
 * The two FIFOs of a run. The process gets ends opened for reading and writing, so it never meets SIGPIPE, whatever
 * becomes of the service; the capture gets ends to read from without blocking.
 */
import { chownSync, closeSync, constants, openSync, readdirSync, unlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { ptr } from "bun:ffi";
import type { Identity } from "../domain/ports.ts";
import { cString, openLibc } from "../platform/libc.ts";

export interface Fifo {
  readonly path: string;
  readonly readEnd: number;
  readonly writeEnd: number;
}

let mkfifo: ((path: string) => number) | null = null;

function makeFifo(path: string): void {
  mkfifo ??= bindMkfifo();
  if (mkfifo(path) !== 0) throw new Error(`no FIFO could be made in ${dirname(path)}`);
}

function bindMkfifo(): (path: string) => number {
  const libc = openLibc({ mkfifo: { args: ["ptr", "u32"], returns: "i32" } });
  return (path) => libc.mkfifo(ptr(cString(path)), 0o600);
}

/** Makes and opens a FIFO; leaves nothing behind if it throws. */
function openFifo(directory: string, name: string, owner: Identity | null): Fifo {
  const path = join(directory, name);
  makeFifo(path);
  try {
    if (owner !== null) chownSync(path, owner.uid, owner.gid);
    const readEnd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      return { path, readEnd, writeEnd: openSync(path, constants.O_RDWR) };
    } catch (error) {
      closeSync(readEnd);
      throw error;
    }
  } catch (error) {
    unlinkSync(path);
    throw error;
  }
}

/** A FIFO that an earlier service has left. */
export interface LeftFifo {
  readonly run: string;
  readonly stream: "stdout" | "stderr";
  readonly path: string;
}

export function leftFifos(directories: readonly string[]): LeftFifo[] {
  return directories
    .flatMap((directory) => readdirSync(directory).map((name) => ({ name, path: join(directory, name) })))
    .flatMap(({ name, path }) => {
      const [, run, end] = /^(.+)\.(out|err)$/.exec(name) ?? [];
      return run === undefined ? [] : [{ run, stream: end === "out" ? "stdout" : "stderr", path }];
    });
}

/** The end to read from. Without a process that could write, reading it ends at once. */
export function reopenFifo({ path }: LeftFifo): number {
  return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
}

export function discardFifo(fifo: Fifo): void {
  closeSync(fifo.writeEnd);
  closeSync(fifo.readEnd);
  unlinkSync(fifo.path);
}

export interface FifoPair {
  readonly out: Fifo;
  readonly err: Fifo;
}

/** Both FIFOs of a run in the first of the folders that takes them. Throws if none does. */
export function openFifoPair(directories: readonly string[], run: string, owner: Identity | null): FifoPair {
  let last: unknown;
  for (const directory of directories) {
    try {
      return openPair(directory, run, owner);
    } catch (error) {
      last = error;
    }
  }
  throw last;
}

/** Both or neither. */
function openPair(directory: string, run: string, owner: Identity | null): FifoPair {
  const out = openFifo(directory, `${run}.out`, owner);
  try {
    return { out, err: openFifo(directory, `${run}.err`, owner) };
  } catch (error) {
    discardFifo(out);
    throw error;
  }
}
