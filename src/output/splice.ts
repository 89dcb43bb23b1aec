/** The system calls of the capture thread. Each returns a negative errno where it failed. */
import { FFIType, type Pointer, read } from "bun:ffi";
import { openLibc } from "../platform/libc.ts";

/** From asm-generic/errno-base.h; the same on every Linux that Bun runs on. */
export const ERRNO = {
  EINTR: 4,
  EAGAIN: 11,
  EINVAL: 22,
  EFBIG: 27,
  ENOSPC: 28,
  EROFS: 30,
  EDQUOT: 122,
} as const;
const WORDS: Readonly<Record<number, string>> = {
  [ERRNO.EFBIG]: "the file has reached the largest size allowed",
  [ERRNO.ENOSPC]: "no space left on device",
  [ERRNO.EROFS]: "the file system is read-only",
  [ERRNO.EDQUOT]: "the disk quota is used up",
};
const SPLICE_F_MOVE = 1;
const SPLICE_F_NONBLOCK = 2;
const F_SETPIPE_SZ = 1031;
const SEEK_END = 2;

export type SpliceCalls = ReturnType<typeof bindSplice>;

export function bindSplice() {
  const libc = openLibc({
    splice: { args: ["i32", "ptr", "i32", "ptr", "usize", "u32"], returns: FFIType.i64_fast },
    read: { args: ["i32", "ptr", "usize"], returns: FFIType.i64_fast },
    lseek: { args: ["i32", "i64", "i32"], returns: FFIType.i64_fast },
    fcntl: { args: ["i32", "i32", "i32"], returns: "i32" },
    usleep: { args: ["u32"], returns: "i32" },
    __errno_location: { args: [], returns: "ptr" },
  });
  const place = libc.__errno_location();
  if (place === null) throw new Error("this system has no errno");
  const result = (value: number | bigint): number => (Number(value) < 0 ? -read.i32(place) : Number(value));
  return {
    splice: (from: number, to: number, length: number) =>
      result(libc.splice(from, null, to, null, length, SPLICE_F_MOVE | SPLICE_F_NONBLOCK)),
    read: (fd: number, into: Pointer, length: number) => result(libc.read(fd, into, length)),
    seekEnd: (fd: number) => Number(libc.lseek(fd, 0, SEEK_END)),
    setPipeSize: (fd: number, bytes: number) => libc.fcntl(fd, F_SETPIPE_SZ, bytes),
    nap: (microseconds: number) => libc.usleep(microseconds),
    describe: (errno: number) => WORDS[errno] ?? `error ${errno} of the system`,
  };
}
