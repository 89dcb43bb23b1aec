/** Whom the system says to be at the other end of a Unix socket. */
import { ptr } from "bun:ffi";
import { openLibc } from "../platform/libc.ts";

const SOL_SOCKET = 1;
const SO_PEERCRED = 17;

/** The user id of a connected socket's other end; `null` where the system does not tell. */
export function peerUid(fd: number): number | null {
  if (process.platform === "linux") return onLinux(fd);
  return process.platform === "darwin" ? onDarwin(fd) : null;
}

/** pid, uid and gid, as they were when it connected. */
function onLinux(fd: number): number | null {
  const found = new Uint32Array(3);
  const size = new Uint32Array([found.byteLength]);
  const { getsockopt } = openLibc({
    getsockopt: { args: ["i32", "i32", "i32", "ptr", "ptr"], returns: "i32" },
  });
  const failed = getsockopt(fd, SOL_SOCKET, SO_PEERCRED, ptr(found), ptr(size)) !== 0;
  return failed ? null : (found[1] ?? null);
}

function onDarwin(fd: number): number | null {
  const [uid, gid] = [new Uint32Array(1), new Uint32Array(1)];
  const { getpeereid } = openLibc({ getpeereid: { args: ["i32", "ptr", "ptr"], returns: "i32" } });
  return getpeereid(fd, ptr(uid), ptr(gid)) === 0 ? (uid[0] ?? null) : null;
}
