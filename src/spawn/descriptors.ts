/**
 * Room for the service itself: while it has many processes it must still take connections and write down what happens. So
 * a process is not started with the last descriptors.
 */
import { ptr } from "bun:ffi";
import { openLibc } from "../platform/libc.ts";

const RESERVE = 32;
const RLIMIT_NOFILE = process.platform === "darwin" ? 8 : 7;

let most: number | null = null;

/** False if a descriptor that has just been opened is one of the last. The system hands out the lowest that is free. */
export function leavesRoom(fd: number): boolean {
  most ??= process.platform === "win32" ? Number.POSITIVE_INFINITY : softLimit();
  return fd < most - RESERVE;
}

function softLimit(): number {
  const pair = new BigUint64Array(2);
  openLibc({ getrlimit: { args: ["i32", "ptr"], returns: "i32" } }).getrlimit(RLIMIT_NOFILE, ptr(pair));
  return Number(pair[0]);
}
