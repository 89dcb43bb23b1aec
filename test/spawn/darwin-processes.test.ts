/** `struct proc_bsdinfo` as <sys/proc_info.h> of macOS declares it, laid out by hand. */
import { expect, test } from "bun:test";
import { BSDINFO_BYTES, factsOf } from "../../src/spawn/darwin-processes.ts";

const MAXCOMLEN = 16;

/** The fields in the order of the header, each with its size and what is in it. */
function bsdinfo(values: Readonly<Record<string, number>>): DataView {
  const fields: readonly (readonly [string, number])[] = [
    ...["flags", "status", "xstatus", "pid", "ppid"].map((name) => [name, 4] as const),
    ...["uid", "gid", "ruid", "rgid", "svuid", "svgid", "rfu_1"].map((name) => [name, 4] as const),
    ["comm", MAXCOMLEN],
    ["name", 2 * MAXCOMLEN],
    ...["nfiles", "pgid", "pjobc", "e_tdev", "e_tpgid", "nice"].map((name) => [name, 4] as const),
    ["start_tvsec", 8],
    ["start_tvusec", 8],
  ];
  const bytes = Buffer.alloc(
    fields.reduce((sum, [, size]) => sum + size, 0),
    0xee,
  );
  let at = 0;
  for (const [name, size] of fields) {
    if (size === 4) bytes.writeUInt32LE(values[name] ?? 0xeeee_eeee, at);
    if (size === 8) bytes.writeBigUInt64LE(BigInt(values[name] ?? 0), at);
    at += size;
  }
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

const SRUN = 2;
const SZOMB = 5;
const PROC_FLAG_LP64 = 0x10;
const PROC_FLAG_INEXIT = 4;
const live = {
  flags: PROC_FLAG_LP64,
  status: SRUN,
  pgid: 4711,
  start_tvsec: 1_763_861_000,
  start_tvusec: 12_345,
};

test("the struct has the size of which the kernel fills the whole", () => {
  expect(bsdinfo({}).byteLength).toBe(BSDINFO_BYTES);
});

test.each([
  ["lives", {}, { ended: false, ending: false }],
  ["is on its way out", { flags: PROC_FLAG_LP64 | PROC_FLAG_INEXIT }, { ended: false, ending: true }],
  ["is a zombie", { status: SZOMB }, { ended: true, ending: true }],
])("group and start are read of a process that %s", (_what, values, state) => {
  expect(factsOf(bsdinfo({ ...live, ...values }))).toEqual({
    group: 4711,
    started: "1763861000.012345",
    ...state,
  });
});
