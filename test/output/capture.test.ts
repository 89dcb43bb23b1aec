/** One suite for every way of capture, with real processes. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DEFAULT_LOG_POLICY, type LogPolicy } from "../../src/domain/output.ts";
import type { Capture } from "../../src/output/capture.ts";
import { discardFifo, leftFifos, openFifoPair } from "../../src/output/fifo.ts";
import { dailyFile, dayOf } from "../../src/output/files.ts";
import { FOOTER_BYTES, decodeSeekTable, seekTableSize } from "../../src/output/seek-table.ts";
import { type CaptureFolders, type Way, captureFolders, makeCapture } from "../helpers/captures.ts";
import { whenDone } from "../helpers/cleanup.ts";
import { makeGate } from "../helpers/gate.ts";
import { bytesIn, outputOf, segmentsOf } from "../helpers/segments.ts";
import { maySmallDisk, smallDisk } from "../helpers/small-disk.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import { until } from "../helpers/until.ts";

const WAYS: readonly (readonly [Way, boolean])[] = [
  ["splice", process.platform === "linux"],
  ["copy", process.platform !== "win32"],
  ["pipe", true],
];

for (const [way, possible] of WAYS)
  describe.if(possible)(`capture by ${way}`, () => {
    let root: string;
    let folders: CaptureFolders;
    let capture: Capture;

    beforeEach(() => {
      root = mkdtempSync(join(tmpdir(), "meproc-capture-"));
      folders = captureFolders(root);
      capture = makeCapture(way, folders);
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

    const policy = (more: Partial<LogPolicy>): LogPolicy => ({ ...DEFAULT_LOG_POLICY, ...more });
    const lines = (count: number) => Array.from({ length: count }, (_, i) => `${i + 1}\n`).join("");

    test("the index tells which stream and run wrote what, and notes are the service's", async () => {
      const id = crypto.randomUUID();
      const gate = makeGate(root);
      const child = spawn("index:0", `echo one; ${gate.wait}; echo two >&2`, id);
      await until(() => Bun.file(fileOf("index:0")).size === 4, "the first line");
      gate.open();
      await child.exited;
      await capture.sync();
      capture.note("index:0", "three");
      await capture.sync();
      const [segment] = segmentsOf(folders.logDir, "index:0");
      expect(
        segment?.records.map(({ offset, length, stream, run: who }) => [offset, length, stream, who]),
      ).toEqual([
        [0, 4, "stdout", id],
        [4, 4, "stderr", id],
        [8, 6, "meproc", null],
      ]);
    });

    test("begins a new file where the next byte would be too many, and loses none", async () => {
      capture.setPolicy("roll", policy({ max_bytes: 1000, compress: false }));
      await spawn("roll:0", "seq 5000").exited;
      await until(() => outputOf(folders.logDir, "roll:0").length === lines(5000).length, "all of it");
      expect(String(outputOf(folders.logDir, "roll:0"))).toBe(lines(5000));
      const found = segmentsOf(folders.logDir, "roll:0");
      expect(found.every(({ bytes }) => bytes.length <= 1000)).toBe(true);
      expect(found.slice(0, -1).every(({ bytes }) => bytes.length === 1000)).toBe(true);
    });

    test("keeps no more than it may", async () => {
      capture.setPolicy("cap", policy({ max_bytes: 10_000, total_bytes: 50_000, compress: false }));
      await spawn("cap:0", "seq 200000").exited;
      await until(async () => {
        await capture.sync();
        return String(outputOf(folders.logDir, "cap:0")).endsWith("\n200000\n");
      }, "the newest line");
      expect(bytesIn(folders.logDir)).toBeLessThanOrEqual(50_000);
      expect(lines(200_000).endsWith(String(outputOf(folders.logDir, "cap:0")))).toBe(true);
    });

    test("keeps stderr apart where that is asked for", async () => {
      capture.setPolicy("apart", policy({ stderr: "separate" }));
      expect(String(await run("apart:0", "echo out; echo err >&2"))).toBe("out\n");
      expect(String(outputOf(folders.logDir, "apart:0.err"))).toBe("err\n");
    });

    test("puts time and stream before each line, or makes JSON of it", async () => {
      capture.setPolicy("time", policy({ format: "timestamped" }));
      capture.setPolicy("json", policy({ format: "json" }));
      const command = String.raw`printf 'one\ntw'; echo err >&2; printf 'o"\nrest'`;
      await run("time:0", command);
      await run("json:0", command);
      capture.note("time:0", "noted");
      capture.note("json:0", "noted");
      const texts = (alias: string) =>
        until(async () => {
          await capture.sync();
          const text = String(outputOf(folders.logDir, alias));
          return text.includes("rest") && text.includes("noted") ? text.trimEnd().split("\n").sort() : null;
        }, `the end of ${alias}`);
      const time = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`;
      const expected = [
        ["meproc", "noted"],
        ["stderr", "err"],
        ["stdout", "one"],
        ["stdout", "rest"],
        ["stdout", 'two"'],
      ];
      const stamped = (await texts("time:0")).map((line) =>
        new RegExp(`^${time} (\\w+) (.*)$`).exec(line)?.slice(1),
      );
      expect(stamped.sort()).toEqual(expected);
      const objects = (await texts("json:0")).map((line) => JSON.parse(line));
      expect(objects.map(({ stream, text }) => [stream, text]).sort()).toEqual(expected);
      expect(objects[0].time).toMatch(new RegExp(`^${time}$`));
      expect(segmentsOf(folders.logDir, "json:0")[0]?.header?.format).toBe("json");
    });

    test("another format begins another file", async () => {
      await run("format:0", "echo raw");
      capture.setPolicy("format", policy({ format: "json", compress: false }));
      await run("format:0", "echo json");
      expect(segmentsOf(folders.logDir, "format:0").map(({ header }) => header?.format)).toEqual([
        "raw",
        "json",
      ]);
    });

    test("clearing removes what there is; the process goes on with a new file", async () => {
      const gate = makeGate(root);
      const child = spawn("clear:0", `echo before; ${gate.wait}; echo after`);
      await until(() => Bun.file(fileOf("clear:0")).size > 0, "the first line");
      await capture.clear(["clear:0"]);
      expect(segmentsOf(folders.logDir, "clear:0")).toEqual([]);
      gate.open();
      await child.exited;
      await capture.sync();
      expect(String(outputOf(folders.logDir, "clear:0"))).toBe("after\n");
      expect(segmentsOf(folders.logDir, "clear:0")[0]?.header?.base).toBe(7);
    });

    test("what is full is compressed, and any zstd reads it", async () => {
      capture.setPolicy("small", policy({ max_bytes: 100_000 }));
      await spawn("small:0", "seq 100000").exited;
      const found = await until(() => {
        const segments = segmentsOf(folders.logDir, "small:0");
        const [last, ...closed] = segments.toReversed();
        const done = last?.name.number === null && closed.every(({ name }) => name.compressed);
        return done && closed.length === 5 ? segments : null;
      }, "five to be compressed");
      expect(String(outputOf(folders.logDir, "small:0"))).toBe(lines(100_000));
      const [first] = found;
      const table = first?.bytes.subarray(-(8 + 8 + FOOTER_BYTES)) ?? Buffer.alloc(0);
      expect(seekTableSize(table.subarray(-FOOTER_BYTES))).toBe(table.length);
      expect(decodeSeekTable(table)).toEqual([
        { compressed: (first?.bytes.length ?? 0) - table.length, decompressed: 100_000 },
      ]);
      expect(readdirSync(folders.logDir).filter((file) => file.endsWith(".tmp"))).toEqual([]);
    });

    test("is closed without harm to what comes later", async () => {
      await run("late:0", "echo one");
      await capture.close();
      capture.note("late:0", "too late");
      capture.setPolicy("late", null);
      await capture.sync();
      await capture.clear(["late:0"]);
      capture = makeCapture(way, folders);
      expect(String(await run("late:0", "echo two"))).toEndWith("two\n");
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

for (const [way, possible] of WAYS)
  describe.if(possible && maySmallDisk)(`a full disk, by ${way}`, () => {
    test("is told, noted in the log at the place, and captured again when there is room", async () => {
      const root = temporaryFolder();
      const folders = captureFolders(root);
      smallDisk(folders.logDir, "1m");
      writeFileSync(join(folders.logDir, "ballast"), Buffer.alloc(700_000));
      let lost = 0;
      const capture = makeCapture(way, folders, {
        reportLoss: (alias, bytes, reason) => {
          expect([alias, reason]).toEqual(["full:0", "no space left on device"]);
          lost += bytes;
        },
      });
      whenDone(() => capture.close());
      const gate = makeGate(root);
      const channel = capture.open({ alias: "full:0", run: "r1", owner: null });
      const child = Bun.spawn(
        [
          "/bin/sh",
          "-c",
          `head -c 3000000 /dev/zero; echo full > '${root}/full'; ${gate.wait}; echo; echo after`,
        ],
        { stdio: ["ignore", channel.stdout, channel.stderr] },
      );
      const { stdout, stderr } = child;
      const piped = stdout instanceof ReadableStream && stderr instanceof ReadableStream;
      channel.spawned(piped ? { stdout, stderr } : null);
      // nothing holds it up
      await until(() => Bun.file(join(root, "full")).size > 0, "it has written all");
      const kept = () => outputOf(folders.logDir, "full:0");
      await until(async () => {
        await capture.sync();
        return lost > 0 && kept().indexOf(1) === -1 && lost + zeros(kept()) === 3_000_000;
      }, "every byte to be kept or told");
      rmSync(join(folders.logDir, "ballast"));
      gate.open();
      await child.exited;
      await until(async () => {
        capture.note("full:0", "try");
        await capture.sync();
        return String(kept()).includes("try\n");
      }, "there is room again");
      const text = String(kept()).replaceAll("\0", "");
      expect(text).toMatch(/^(… [\d,]+ bytes lost: No space left on device\n)+(\nafter\n)?(try\n)+$/);
      await capture.close();
    });
  });

const zeros = (bytes: Buffer): number => bytes.reduce((sum, byte) => sum + (byte === 0 ? 1 : 0), 0);

describe.if(process.platform === "linux")("a capture thread that fails", () => {
  test("is told and started anew, and nothing that was written is lost", async () => {
    const root = temporaryFolder();
    const folders = captureFolders(root);
    const troubles: string[] = [];
    const capture = makeCapture("splice", folders, {
      thread: join(import.meta.dir, "../fixtures/failing-splice-thread.ts"),
      reportTrouble: (text) => void troubles.push(text),
    });
    whenDone(() => capture.close());
    capture.setPolicy("frail", { ...DEFAULT_LOG_POLICY, stderr: "separate" });
    const gate = makeGate(root);
    const channel = capture.open({ alias: "frail:0", run: "r1", owner: null });
    const child = Bun.spawn(
      ["/bin/sh", "-c", `echo one; ${gate.wait}; echo two; ${gate.wait}; echo three >&2`],
      {
        stdio: ["ignore", channel.stdout as number, channel.stderr as number],
      },
    );
    channel.spawned(null);
    await until(() => outputOf(folders.logDir, "frail:0").length > 0, "the first line");
    capture.note("frail:0", "fail");
    gate.pass(1);
    await capture.sync();
    gate.pass(1);
    await child.exited;
    await capture.sync();
    expect(String(outputOf(folders.logDir, "frail:0"))).toBe("one\ntwo\n");
    expect(String(outputOf(folders.logDir, "frail:0.err"))).toBe("three\n");
    expect(troubles).toEqual(["The capture of output has failed and is started anew: the thread fails"]);
    await until(() => readdirSync(folders.fifoDirs[0] ?? "").length === 0, "the FIFOs to be removed");
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
    const folders = { fifoDirs: [root], logDir };
    const capture = makeCapture("splice", folders, {
      reportLoss: (alias, bytes, reason) => void lost.push({ alias, bytes, reason }),
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
