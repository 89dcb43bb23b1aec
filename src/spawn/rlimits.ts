/** Resource limits of a process: setrlimit(2). A process lowers its own as it likes; raising them is for root. */
import { ptr } from "bun:ffi";
import { openLibc } from "../platform/libc.ts";

export const RLIMITS = ["nofile", "nproc", "core", "cpu", "as", "fsize"] as const;
export type Rlimit = (typeof RLIMITS)[number];
export type Rlimits = Partial<Record<Rlimit, number>>;

const LINUX: Record<Rlimit, number> = { cpu: 0, fsize: 1, core: 4, nproc: 6, nofile: 7, as: 9 };
const DARWIN: Record<Rlimit, number> = { cpu: 0, fsize: 1, core: 4, as: 5, nproc: 7, nofile: 8 };
const NUMBERS = process.platform === "darwin" ? DARWIN : LINUX;
/** `struct rlimit`: soft and hard. */
const SOFT = 0;
const HARD = 1;

export class OwnLimits {
  readonly #libc = openLibc({
    getrlimit: { args: ["i32", "ptr"], returns: "i32" },
    setrlimit: { args: ["i32", "ptr"], returns: "i32" },
  });
  readonly #pair = new BigUint64Array(2);

  /** Makes room for the limits while there is the right to: raises the hard ones that are lower. Throws in words. */
  allow(limits: Rlimits): void {
    for (const [name, value] of entriesOf(limits)) {
      this.#libc.getrlimit(NUMBERS[name], ptr(this.#pair));
      const hard = this.#pair[HARD] ?? 0n;
      if (hard >= BigInt(value)) continue;
      this.#pair[HARD] = BigInt(value);
      if (this.#libc.setrlimit(NUMBERS[name], ptr(this.#pair)) !== 0)
        throw new Error(`limits.${name}: ${value} is above the hard limit ${hard}, which may not be raised`);
    }
  }

  /** Sets soft and hard limits. What is not there any more afterwards is the caller's to bear. */
  apply(limits: Rlimits): void {
    for (const [name, value] of entriesOf(limits)) {
      this.#pair[SOFT] = BigInt(value);
      this.#pair[HARD] = BigInt(value);
      if (this.#libc.setrlimit(NUMBERS[name], ptr(this.#pair)) !== 0)
        throw new Error(`limits.${name}: the system does not take ${value}`);
    }
  }
}

function entriesOf(limits: Rlimits): [Rlimit, number][] {
  return RLIMITS.flatMap((name) => {
    const value = limits[name];
    return value === undefined ? [] : [[name, value] as [Rlimit, number]];
  });
}
