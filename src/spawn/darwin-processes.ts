/**
 * Processes as macOS shows them: proc_pidinfo of libproc, `struct proc_bsdinfo` of <sys/proc_info.h>. Nothing of the
 * library is opened before it is asked for.
 */
import { ptr } from "bun:ffi";
import { cString, openLibc } from "../platform/libc.ts";
import type { ProcessFacts, Processes } from "./processes.ts";

const PROC_PIDTBSDINFO = 3;
/** The argument with which zombies are found too. */
const WITH_ZOMBIES = 1;
export const BSDINFO_BYTES = 136;
/** Offsets: twelve words of 32 bits, names of 16 and 32 bytes, six words more, two of 64 bits. */
const FLAGS = 0;
const STATUS = 4;
const GROUP = 100;
const START_SECONDS = 120;
const START_MICROSECONDS = 128;
const PROC_FLAG_INEXIT = 4;
const SZOMB = 5;
/** A UUID as text, and more room than that. */
const UUID_ROOM = 64;

/** What a `struct proc_bsdinfo` says. */
export function factsOf(info: DataView): ProcessFacts {
  const seconds = info.getBigUint64(START_SECONDS, true);
  const microseconds = info.getBigUint64(START_MICROSECONDS, true);
  const ended = info.getUint32(STATUS, true) === SZOMB;
  return {
    group: info.getUint32(GROUP, true),
    started: `${seconds}.${String(microseconds).padStart(6, "0")}`,
    ended,
    ending: ended || (info.getUint32(FLAGS, true) & PROC_FLAG_INEXIT) !== 0,
  };
}

type Libc = ReturnType<typeof open>;

function open() {
  return openLibc({
    proc_pidinfo: { args: ["i32", "i32", "u64", "ptr", "i32"], returns: "i32" },
    sysctlbyname: { args: ["ptr", "ptr", "ptr", "ptr", "u64"], returns: "i32" },
  });
}

class DarwinProcesses implements Processes {
  #opened: Libc | null = null;
  readonly #info = new DataView(new ArrayBuffer(BSDINFO_BYTES));

  boot(): string | null {
    const value = new Uint8Array(UUID_ROOM);
    const length = new BigUint64Array([BigInt(UUID_ROOM)]);
    const name = cString("kern.bootsessionuuid");
    if (this.#libc.sysctlbyname(ptr(name), ptr(value), ptr(length), null, 0) !== 0) return null;
    const end = value.indexOf(0);
    return new TextDecoder().decode(value.subarray(0, end === -1 ? UUID_ROOM : end)) || null;
  }

  look(pid: number): ProcessFacts | null {
    const { proc_pidinfo } = this.#libc;
    const count = proc_pidinfo(pid, PROC_PIDTBSDINFO, WITH_ZOMBIES, ptr(this.#info), BSDINFO_BYTES);
    return count === BSDINFO_BYTES ? factsOf(this.#info) : null;
  }

  get #libc(): Libc {
    this.#opened ??= open();
    return this.#opened;
  }
}

export const darwinProcesses: Processes = new DarwinProcesses();
