/** Faults 5, 13, 14, 15 and 16: what processes do to their output, and a disk that takes no more. Bytes are compared one by one. */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, setDefaultTimeout, test } from "bun:test";
import { makeGate } from "../helpers/gate.ts";
import { legacyClient } from "../helpers/legacy-client.ts";
import { outputOf, segmentsOf } from "../helpers/segments.ts";
import { type Service, startService } from "../helpers/service.ts";
import { maySmallDisk, smallDisk } from "../helpers/small-disk.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import { until } from "../helpers/until.ts";
import { inState } from "./after-a-kill.ts";

setDefaultTimeout(60_000);
const LONG_MS = 50_000;

const once = (service: Service, name: string, cmd: string, more: Record<string, unknown> = {}) =>
  legacyClient(service.url).post({ name, cmd, type: "once", ...more });
const text = ({ logDir }: Service, alias: string): string => outputOf(logDir, alias).toString();
/** How much was written, by the newest index: cheaper than to read it all again and again. */
const written = ({ logDir }: Service, alias: string): number => {
  const last = segmentsOf(logDir, alias).at(-1);
  return last === undefined ? 0 : (last.header?.base ?? 0) + last.bytes.length;
};
const hash = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

test.if(maySmallDisk)(
  "5: the disk is full: processes and supervision go on, what is lost is counted, and capture goes on when there is room",
  async () => {
    const folder = temporaryFolder();
    const logDir = join(folder, "data", "log");
    mkdirSync(logDir, { recursive: true });
    smallDisk(logDir, "2m");
    const service = await startService({ folder });
    writeFileSync(join(logDir, "ballast"), Buffer.alloc(1_500_000));
    const gate = makeGate(folder);
    const again = `until [ -e ${folder}/heard ]; do echo again; sleep 0.02; done`;
    await once(service, "full", `seq 1000000; echo done > ${folder}/done; ${gate.wait}; echo; ${again}`);
    await until(() => Bun.file(join(folder, "done")).size > 0, "nothing has held it up");
    const reports = () => [...service.log().matchAll(/(\d+) bytes of the output of full:0 were lost: (.*)/g)];
    await until(() => reports().length > 0, "the loss is told");
    expect(reports()[0]?.[2]).toBe("no space left on device");
    rmSync(join(logDir, "ballast"));
    gate.open();
    await until(() => text(service, "full:0").includes("\nagain\n"), "there is room again");
    writeFileSync(join(folder, "heard"), "");
    expect((await inState(service, "full", "exited")).exit_code).toBe(0);
    const [, before = "", bytes = ""] =
      /^([\d\n]+)… ([\d,]+) bytes lost: No space left on device\n/.exec(text(service, "full:0")) ?? [];
    const all = Buffer.from(Array.from({ length: 1_000_000 }, (_, i) => `${i + 1}\n`).join(""));
    expect(all.subarray(0, Buffer.byteLength(before)).toString()).toBe(before);
    expect(Number(bytes.replaceAll(",", ""))).toBeGreaterThan(0);
  },
);

test("13: a process that closes its output runs on; a grandchild that keeps it is heard after its end", async () => {
  const service = await startService();
  const gate = makeGate(service.folder);
  await once(service, "closed", `exec >&- 2>&-; ${gate.wait}; exit 7`);
  await inState(service, "closed", "running");
  await once(service, "kept", `(${gate.wait}; echo late) & echo early`);
  await inState(service, "kept", "exited");
  await until(() => text(service, "kept:0") === "early\n", "the leader is heard");
  gate.open();
  expect((await inState(service, "closed", "exited")).exit_code).toBe(7);
  await until(() => text(service, "kept:0") === "early\nlate\n", "the grandchild is heard");
  expect(text(service, "closed:0")).toBe("");
});

test("14: 100 MB without a line's end come through, over two files", async () => {
  const service = await startService();
  await once(service, "long", "head -c 100000000 /dev/zero | tr '\\0' x");
  await inState(service, "long", "exited");
  await until(() => written(service, "long:0") === 100_000_000, "all of it", LONG_MS);
  const bytes = outputOf(service.logDir, "long:0");
  expect(hash(bytes)).toBe(hash(Buffer.alloc(100_000_000, "x")));
  expect(segmentsOf(service.logDir, "long:0").map(({ header }) => header?.base)).toEqual([0, 64 << 20]);
});

test("15: NUL bytes, invalid UTF-8 and escape sequences are kept as they are, and do not reach the log", async () => {
  const service = await startService();
  const every = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
  const bytes = Buffer.concat([
    every,
    Buffer.from("\x1b]0;title\x07\x1b[2J\xff\xfe\xc3(", "latin1"),
    Buffer.from([0xf0, 0x28, 0x8c, 0xbc, 0xed, 0xa0, 0x80, 0xc0, 0x80]),
  ]);
  const file = join(service.folder, "bytes");
  writeFileSync(file, bytes);
  await once(service, "strange", `cat ${file}; cat ${file} >&2`);
  await inState(service, "strange", "exited");
  await until(() => written(service, "strange:0") === 2 * bytes.length, "all of it");
  expect(outputOf(service.logDir, "strange:0")).toEqual(Buffer.concat([bytes, bytes]));
  expect(service.log()).not.toContain("\x1b]0;");
});

test("16: four children that write as fast as they can: each line is there, once, in its order; memory stays flat", async () => {
  const service = await startService();
  const lines = 3_000_000;
  const size = Array.from(
    { length: 7 },
    (_, i) => Math.max(0, Math.min(lines, 10 ** (i + 1) - 1) - 10 ** i + 1) * (i + 2),
  );
  const bytes = size.reduce((sum, each) => sum + each, 0);
  await once(service, "warm", "seq 1000000");
  await inState(service, "warm", "exited");
  const before = residentBytes(service.pid);
  await once(service, "flood", `seq ${lines}`, { replica: 4 });
  const aliases = [0, 1, 2, 3].map((index) => `flood:${index}`);
  let most = 0;
  await until(
    () => {
      most = Math.max(most, residentBytes(service.pid));
      return aliases.every((alias) => written(service, alias) === bytes);
    },
    "all of it",
    LONG_MS,
  );
  const expected = hash(Buffer.from(Array.from({ length: lines }, (_, i) => `${i + 1}\n`).join("")));
  for (const alias of aliases) expect(hash(outputOf(service.logDir, alias))).toBe(expected);
  expect(most - before).toBeLessThan(40e6);
});

function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
}
