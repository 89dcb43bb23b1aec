/** One suite for every way of capture, with real processes. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Capture, ReportLoss } from "../../src/output/capture.ts";
import { CopyCapture } from "../../src/output/copy-capture.ts";
import { discardFifo, leftFifos, openFifoPair } from "../../src/output/fifo.ts";
import { dailyFile, dayOf } from "../../src/output/files.ts";
import { PipeCapture } from "../../src/output/pipe-capture.ts";
import { SpliceCapture } from "../../src/output/splice-capture.ts";
import { makeGate } from "../helpers/gate.ts";
import { until } from "../helpers/until.ts";

interface Folders {
  readonly fifoDirs: readonly string[];
  readonly logDir: string;
}
const THREAD = join(import.meta.dir, "../../src/output/splice-thread.ts");
const noLoss: ReportLoss = (alias, bytes, reason) => {
  throw new Error(`${bytes} bytes of ${alias} lost: ${reason}`);
};
const WAYS: readonly (readonly [string, (folders: Folders, reportLoss: ReportLoss) => Capture, boolean])[] = [
  [
    "splice",
    (folders, reportLoss) => new SpliceCapture({ ...folders, thread: THREAD, reportLoss }),
    process.platform === "linux",
  ],
  [
    "copy",
    (folders, reportLoss) => new CopyCapture({ ...folders, reportLoss }),
    process.platform !== "win32",
  ],
  ["pipe", (folders, reportLoss) => new PipeCapture({ ...folders, reportLoss }), true],
];

for (const [way, make, possible] of WAYS)
  describe.if(possible)(`capture by ${way}`, () => {
    let root: string;
    let folders: Folders;
    let capture: Capture;

    beforeEach(() => {
      root = mkdtempSync(join(tmpdir(), "meproc-capture-"));
      folders = { fifoDirs: [join(root, "run")], logDir: join(root, "log") };
      for (const folder of [...folders.fifoDirs, folders.logDir]) mkdirSync(folder);
      capture = make(folders, noLoss);
    });

    afterEach(async () => {
      await capture.close();
      rmSync(root, { recursive: true });
    });

    const fileOf = (alias: string) => dailyFile(folders.logDir, alias, dayOf(Date.now()));
    const spawn = (alias: string, command: string, run = crypto.randomUUID()) => {
      const channel = capture.open({ alias, run, owner: null });
      const child = Bun.spawn(["/bin/sh", "-c", command], {
        stdio: ["ignore", channel.stdout, channel.stderr],
      });
      const { stdout, stderr } = child;
      const piped = stdout instanceof ReadableStream && stderr instanceof ReadableStream;
      channel.spawned(piped ? { stdout, stderr } : null);
      return child;
    };
    const run = async (alias: string, command: string): Promise<Buffer> => {
      await spawn(alias, command).exited;
      await capture.sync();
      return readFileSync(fileOf(alias));
    };

    test("keeps both streams, byte for byte", async () => {
      const source = join(root, "random");
      await Bun.write(source, crypto.getRandomValues(new Uint8Array(60_000)));
      const bytes = readFileSync(source);
      expect(await run("out:0", `cat '${source}'`)).toEqual(bytes);
      expect(await run("err:0", `cat '${source}' >&2`)).toEqual(bytes);
    });

    test("keeps megabytes identical", async () => {
      const source = join(root, "random");
      const block = crypto.getRandomValues(new Uint8Array(1 << 16));
      await Bun.write(source, Buffer.concat(Array.from({ length: 128 }, () => block)));
      await spawn("big:0", `cat '${source}'`).exited;
      const size = Bun.file(source).size;
      await until(() => Bun.file(fileOf("big:0")).size >= size, "all of it to arrive");
      expect(Bun.hash(readFileSync(fileOf("big:0")))).toBe(Bun.hash(readFileSync(source)));
    });

    test("adds run after run to the same file, in order", async () => {
      await run("again:0", "echo one");
      expect(String(await run("again:0", "echo two"))).toBe("one\ntwo\n");
    });

    test("a grandchild that keeps the stream open holds nothing up, and is still heard", async () => {
      const gate = makeGate(root);
      const child = spawn("grand:0", `(${gate.wait}; echo second) & echo first`);
      expect(await child.exited).toBe(0);
      await capture.sync();
      expect(readFileSync(fileOf("grand:0"), "utf8")).toBe("first\n");
      gate.open();
      await until(
        () => readFileSync(fileOf("grand:0"), "utf8") === "first\nsecond\n",
        "the grandchild's line",
      );
    });

    test("a process may close its output, or write nothing", async () => {
      await spawn("closed:0", "exec >&- 2>&-").exited;
      await spawn("silent:0", "true").exited;
      expect(String(await run("closed:0", "echo alive"))).toBe("alive\n");
    });

    test("notes stand among the output", async () => {
      await run("note:0", "echo one");
      capture.note("note:0", "said by the service");
      expect(String(await run("note:0", "echo two"))).toBe("one\nsaid by the service\ntwo\n");
    });

    test("tells once when a file has grown, also if it grew before anybody asked", async () => {
      await run("grow:0", "echo one");
      let told = 0;
      capture.onGrowth("grow:0", () => told++);
      if (way !== "splice") await run("grow:0", "echo two");
      await until(() => told === 1, "the growth to be told");
      await run("grow:0", "echo three");
      expect(told).toBe(1);
    });

    test("leaves no FIFO and no descriptor behind", async () => {
      // by now the capture thread is up, with descriptors of its own
      await capture.sync();
      const before = readdirSync("/proc/self/fd").length;
      for (let i = 0; i < 20; i++) await spawn(`many:${i}`, "echo x").exited;
      const discarded = capture.open({ alias: "never:0", run: "never", owner: null });
      discarded.discard();
      await until(
        () => folders.fifoDirs.flatMap((folder) => readdirSync(folder)).length === 0,
        "the FIFOs to be removed",
      );
      await until(() => readdirSync("/proc/self/fd").length <= before + 1, "the descriptors to be closed");
    });

    test("a file that was emptied by somebody else goes on from its start", async () => {
      const gate = makeGate(root);
      const child = spawn("cut:0", `echo before; ${gate.wait}; echo after`);
      await until(() => Bun.file(fileOf("cut:0")).size > 0, "the first line");
      await Bun.write(fileOf("cut:0"), "");
      gate.open();
      await child.exited;
      await capture.sync();
      expect(readFileSync(fileOf("cut:0"), "utf8")).toBe("after\n");
    });
  });

describe.if(process.platform !== "win32")("several folders for FIFOs", () => {
  test("one that takes none is passed over for the next", () => {
    const root = mkdtempSync(join(tmpdir(), "meproc-capture-"));
    const pair = openFifoPair([join(root, "missing"), root], "r1", null);
    expect(readdirSync(root).sort()).toEqual(["r1.err", "r1.out"]);
    discardFifo(pair.out);
    discardFifo(pair.err);
    expect(() => openFifoPair([join(root, "missing")], "r1", null)).toThrow("missing");
    rmSync(root, { recursive: true });
  });

  test("what an earlier service has left is found in each", () => {
    const root = mkdtempSync(join(tmpdir(), "meproc-capture-"));
    const folders = ["one", "two"].map((name) => join(root, name));
    for (const folder of folders) mkdirSync(folder);
    const pairs = folders.map((folder, n) => openFifoPair([folder], `r${n}`, null));
    expect([...new Set(leftFifos(folders).map(({ run }) => run))].sort()).toEqual(["r0", "r1"]);
    for (const fifo of pairs.flatMap(({ out, err }) => [out, err])) discardFifo(fifo);
    rmSync(root, { recursive: true });
  });
});

describe.if(process.platform === "linux")("a disk that takes nothing", () => {
  test("is told with the number of bytes, and the process goes on to its end", async () => {
    const root = mkdtempSync(join(tmpdir(), "meproc-capture-"));
    const lost: { alias: string; bytes: number; reason: string }[] = [];
    const logDir = join(root, "log");
    mkdirSync(logDir);
    const capture = new SpliceCapture({
      fifoDirs: [root],
      logDir,
      thread: THREAD,
      reportLoss: (alias, bytes, reason) => lost.push({ alias, bytes, reason }),
    });
    const alias = "full:0";
    // where the file should be there is a folder, so it can never be opened
    mkdirSync(dailyFile(logDir, alias, dayOf(Date.now())));
    const channel = capture.open({ alias, run: "r1", owner: null });
    const child = Bun.spawn(["/bin/sh", "-c", "head -c 200000 /dev/zero"], {
      stdio: ["ignore", channel.stdout as number, channel.stderr as number],
    });
    channel.spawned(null);
    expect(await child.exited).toBe(0);
    await until(
      () => lost.reduce((sum, each) => sum + each.bytes, 0) === 200_000,
      "every lost byte to be told",
    );
    expect(new Set(lost.map((each) => each.alias))).toEqual(new Set([alias]));
    await capture.close();
    rmSync(root, { recursive: true });
  });
});
