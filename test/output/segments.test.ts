/** Where bytes go: rotation, the index, what a kill leaves, what is removed. On real files, with a clock of the test's own. */
import { beforeEach, describe, expect, test } from "bun:test";
import {
  appendFileSync,
  existsSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { DEFAULT_LOG_POLICY, type LogPolicy } from "../../src/domain/output.ts";
import { Segments, type Source } from "../../src/output/segments.ts";
import { bytesIn, outputOf, segmentsOf } from "../helpers/segments.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";

const NOON = Date.UTC(2026, 10, 22, 12);
const DAY_MS = 86_400_000;
const RUN = "01a20398-5f07-7566-adee-cc76a7cb3381";
const OTHER = "01a20398-5f07-7566-adee-cc76a7cb3382";

let directory: string;
beforeEach(() => {
  directory = temporaryFolder();
});

const open = (policy: Partial<LogPolicy> = {}, { all = 0, now = NOON } = {}): Segments => {
  const defaults = { ...DEFAULT_LOG_POLICY, ...policy };
  const segments = new Segments({ directory, defaults, allTasksBytes: all, now });
  segments.turn(now);
  return segments;
};
const write = (segments: Segments, source: Source, text: string) => segments.write(source, Buffer.from(text));
/** One writer that comes, writes and goes. */
const once = (segments: Segments, text: string, alias = "web:0") => {
  const source = segments.add(alias, "stdout", RUN);
  write(segments, source, text);
  segments.remove(source);
};
const files = () => readdirSync(directory).sort();
const bases = (stem = "web:0") => segmentsOf(directory, stem).map(({ header }) => header?.base ?? -1);

describe("the index", () => {
  test("has a record for each chunk, with its place, time, stream and run", () => {
    const segments = open();
    const out = segments.add("web:0", "stdout", RUN);
    const err = segments.add("web:0", "stderr", OTHER);
    write(segments, out, "one\n");
    segments.turn(NOON + 5);
    write(segments, err, "two\n");
    segments.note("web:0", "three");
    segments.close();
    expect(segmentsOf(directory, "web:0")[0]).toMatchObject({
      header: { format: "raw", number: 1, base: 0, made: NOON },
      records: [
        { offset: 0, length: 4, time: NOON, stream: "stdout", run: RUN },
        { offset: 4, length: 4, time: NOON + 5, stream: "stderr", run: OTHER },
        { offset: 8, length: 6, time: NOON + 5, stream: "meproc", run: null },
      ],
    });
  });

  test("merges what the same stream wrote within the same ms", () => {
    const segments = open();
    const out = segments.add("web:0", "stdout", RUN);
    for (let i = 0; i < 1000; i++) write(segments, out, "x\n");
    segments.flush();
    expect(segmentsOf(directory, "web:0")[0]?.records).toEqual([
      { offset: 0, length: 2000, time: NOON, stream: "stdout", run: RUN },
    ]);
  });

  test("never goes back in time, also where the clock does", () => {
    const segments = open();
    const out = segments.add("web:0", "stdout", RUN);
    for (const ago of [0, 3_600_000, 10]) {
      segments.turn(NOON - ago);
      write(segments, out, "x");
      segments.flush();
    }
    segments.turn(NOON + 1);
    write(segments, out, "x");
    segments.close();
    const times = segmentsOf(directory, "web:0")[0]?.records.map(({ time }) => time);
    expect(times).toEqual([NOON, NOON, NOON, NOON + 1]);
  });

  test("tells of what a killed service has left: by the run that alone goes on, else by none", () => {
    const segments = open();
    once(segments, "noted");
    const log = join(directory, "web:0-2026-11-22.log");
    appendFileSync(log, "not noted");
    utimesSync(log, NOON / 1000, NOON / 1000);
    appendFileSync(`${log}.idx`, "torn");
    const next = open();
    const source = next.add("web:0", "stdout", OTHER, true);
    write(next, source, "!");
    next.close();
    const second = open();
    appendFileSync(log, "?");
    utimesSync(log, NOON / 1000, NOON / 1000);
    once(second, "new");
    second.close();
    expect(segmentsOf(directory, "web:0")[0]?.records).toEqual([
      { offset: 0, length: 5, time: NOON, stream: "stdout", run: RUN },
      { offset: 5, length: 9, time: NOON, stream: null, run: OTHER },
      { offset: 14, length: 1, time: NOON, stream: "stdout", run: OTHER },
      { offset: 15, length: 1, time: NOON, stream: null, run: null },
      { offset: 16, length: 3, time: NOON, stream: "stdout", run: RUN },
    ]);
  });

  test("is made for a file of an older version", () => {
    const log = join(directory, "web:0-2026-11-22.log");
    writeFileSync(log, "old\n");
    utimesSync(log, NOON / 1000 - 60, NOON / 1000 - 60);
    const segments = open();
    once(segments, "new\n");
    expect(segmentsOf(directory, "web:0")).toMatchObject([
      {
        header: { number: 1, base: 0 },
        records: [
          { offset: 0, length: 4, time: NOON - 60_000, stream: null, run: null },
          { offset: 4, length: 4, stream: "stdout", run: RUN },
        ],
      },
    ]);
  });
});

describe("a full segment", () => {
  test("is never larger than it may be, and nothing is lost between two", () => {
    const segments = open({ max_bytes: 10, compress: false });
    once(segments, "0123456789abcdefghijKLMNO");
    segments.close();
    const found = segmentsOf(directory, "web:0");
    expect(found.map(({ name, bytes }) => [name.number, String(bytes)])).toEqual([
      [1, "0123456789"],
      [2, "abcdefghij"],
      [null, "KLMNO"],
    ]);
    expect(bases()).toEqual([0, 10, 20]);
    expect(found.map(({ records }) => records[0]?.length)).toEqual([10, 10, 5]);
  });

  test.each([
    ["before the log has its number", []],
    ["between the two", [["log", "1.log"]]],
    [
      "after both",
      [
        ["log", "1.log"],
        ["log.idx", "1.log.idx"],
      ],
    ],
  ] as const)("a kill in the middle of renaming, %s, is made good", (_what, renames) => {
    once(open({ max_bytes: 5 }), "12345");
    for (const [from, to] of renames)
      renameSync(join(directory, `web:0-2026-11-22.${from}`), join(directory, `web:0-2026-11-22.${to}`));
    const next = open({ max_bytes: 5 });
    once(next, "678");
    next.close();
    expect(segmentsOf(directory, "web:0").map(({ name }) => name.number)).toEqual([1, null]);
    expect(bases()).toEqual([0, 5]);
    expect(String(outputOf(directory, "web:0"))).toBe("12345678");
    expect(files()).toHaveLength(4);
  });

  test("the numbers go on after a restart, and where all earlier ones were removed", () => {
    once(open({ max_bytes: 4 }), "11112222");
    for (const file of files().filter((each) => each.includes(".1.log"))) rmSync(join(directory, file));
    const next = open({ max_bytes: 4 });
    once(next, "3333");
    next.close();
    expect(segmentsOf(directory, "web:0").map(({ name }) => name.number)).toEqual([2, null]);
    expect(bases()).toEqual([4, 8]);
  });

  test("a file that somebody has cut, moved or removed goes on with the positions", () => {
    const segments = open();
    const source = segments.add("web:0", "stdout", RUN);
    const log = join(directory, "web:0-2026-11-22.log");
    write(segments, source, "12345");
    truncateSync(log);
    write(segments, source, "67");
    segments.flush();
    expect(bases()).toEqual([5]);
    expect(readFileSync(log, "utf8")).toBe("67");
    renameSync(log, join(directory, "moved"));
    segments.turn(NOON + 2000);
    write(segments, source, "8");
    segments.flush();
    expect(bases()).toEqual([7]);
    rmSync(`${log}.idx`);
    segments.turn(NOON + 4000);
    write(segments, source, "9");
    segments.close();
    expect(readFileSync(log, "utf8")).toBe("89");
  });

  test("goes on where somebody has removed the whole folder", () => {
    const segments = open();
    const source = segments.add("web:0", "stdout", RUN);
    write(segments, source, "1");
    rmSync(directory, { recursive: true });
    segments.turn(NOON + 2000);
    write(segments, source, "2");
    segments.close();
    expect(String(outputOf(directory, "web:0"))).toBe("2");
  });

  test("writes over nothing where its index has just been removed", () => {
    const segments = open({ max_bytes: 4, compress: false });
    const source = segments.add("web:0", "stdout", RUN);
    write(segments, source, "1111");
    rmSync(join(directory, "web:0-2026-11-22.log.idx"));
    write(segments, source, "222233");
    segments.close();
    expect(String(outputOf(directory, "web:0"))).toBe("1111222233");
    expect(bases()).toEqual([0, 4, 8]);
  });

  test("that was emptied goes on with the same index", () => {
    const segments = open();
    const source = segments.add("web:0", "stdout", RUN);
    write(segments, source, "12345");
    truncateSync(join(directory, "web:0-2026-11-22.log"));
    write(segments, source, "67");
    write(segments, source, "8");
    segments.close();
    const [found] = segmentsOf(directory, "web:0");
    expect(found?.header?.base).toBe(5);
    expect(found?.records.map(({ offset, length }) => [offset, length])).toEqual([[0, 3]]);
  });
});

test("at the turn of the day a new segment begins, and the old one keeps its name", () => {
  const segments = open({ compress: false });
  const source = segments.add("web:0", "stdout", RUN);
  write(segments, source, "yesterday");
  segments.turn(NOON + DAY_MS);
  write(segments, source, "today");
  segments.close();
  expect(
    segmentsOf(directory, "web:0").map(({ name, bytes }) => [name.day, name.number, String(bytes)]),
  ).toEqual([
    ["2026-11-22", null, "yesterday"],
    ["2026-11-23", null, "today"],
  ]);
  expect(bases()).toEqual([0, 0]);
});

test("a clock that was set back over midnight writes over nothing", () => {
  const segments = open({ compress: false });
  const source = segments.add("web:0", "stdout", RUN);
  write(segments, source, "one");
  segments.turn(NOON + DAY_MS);
  write(segments, source, "two");
  segments.turn(NOON);
  write(segments, source, "three");
  segments.close();
  expect(
    segmentsOf(directory, "web:0").map(({ name, bytes }) => [name.day, name.number, String(bytes)]),
  ).toEqual([
    ["2026-11-22", 1, "one"],
    ["2026-11-22", null, "three"],
    ["2026-11-23", null, "two"],
  ]);
});

describe("what is kept", () => {
  test("by the number of files", () => {
    const segments = open({ max_bytes: 4, max_files: 2, compress: false });
    once(segments, "111122223333444");
    expect(String(outputOf(directory, "web:0"))).toBe("3333444");
  });

  test("by all replicas and channels of a task together, the oldest first, never more than a write too much", () => {
    const segments = open({ max_bytes: 1000, total_bytes: 4000, compress: false });
    const writers = [0, 1, 2].map((index) => segments.add(`web:${index}`, "stdout", RUN));
    for (let i = 0; i < 300; i++) {
      segments.turn(NOON + i);
      const writer = writers[i % 7 === 0 ? 1 : i % 11 === 0 ? 2 : 0];
      if (writer !== undefined) write(segments, writer, `${String(i).padStart(98, ".")}\n`);
      segments.flush();
      expect(bytesIn(directory)).toBeLessThanOrEqual(4000 + 99 + 64);
    }
    expect(String(outputOf(directory, "web:0"))).toEndWith("299\n");
  });

  test("by age, at the turn of the day", () => {
    const segments = open({ max_age_days: 2, compress: false });
    for (let day = 0; day < 5; day++) {
      segments.turn(NOON + day * DAY_MS);
      once(segments, `${day}`);
    }
    expect(String(outputOf(directory, "web:0"))).toBe("234");
  });

  test("by all tasks together, once every policy was told", () => {
    const first = open({ max_bytes: 100, compress: false });
    once(first, "g".repeat(1000), "gone:0");
    first.close();
    for (const file of files()) utimesSync(join(directory, file), NOON / 1000, NOON / 1000);
    const segments = open({ max_bytes: 100, compress: false }, { all: 2000, now: NOON + 1000 });
    once(segments, "w".repeat(1500));
    expect(outputOf(directory, "gone:0")).toHaveLength(1000);
    segments.complete();
    expect(bytesIn(directory)).toBeLessThanOrEqual(2000);
    expect(outputOf(directory, "gone:0").length).toBeLessThan(500);
    expect(outputOf(directory, "web:0").length).toBeGreaterThan(1000);
  });

  test("of tasks that are no more by the defaults, but not before every policy was told", () => {
    once(open({ compress: false }), "old");
    const segments = open({ compress: false, max_age_days: 1 }, { now: NOON + 9 * DAY_MS });
    const path = join(directory, "web:0-2026-11-22.log");
    utimesSync(path, NOON / 1000, NOON / 1000);
    const later = open({ compress: false, max_age_days: 1 }, { now: NOON + 9 * DAY_MS });
    segments.close();
    expect(existsSync(path)).toBe(true);
    later.complete();
    expect(files()).toEqual([]);
  });

  test("files of others are let alone, whatever they are called", () => {
    const strange = ["Meproc-2020-01-01.log", "notes.txt", "other:0-2020-01-01.log", "x-2020-01-01.log.zst"];
    for (const file of strange) {
      writeFileSync(join(directory, file), "x".repeat(5000));
      utimesSync(join(directory, file), 1, 1);
    }
    const segments = open({ max_bytes: 100, total_bytes: 500 }, { all: 1000 });
    segments.complete();
    once(segments, "y".repeat(3000));
    segments.turn(NOON + DAY_MS);
    expect(files().filter((file) => strange.includes(file))).toEqual(strange.sort());
  });

  test("an alias without a task is kept like any other", () => {
    once(open({ compress: false }), "old", "bootstrap");
    for (const file of files()) utimesSync(join(directory, file), NOON / 1000, NOON / 1000);
    const later = open({ compress: false, max_age_days: 1 }, { now: NOON + 9 * DAY_MS });
    later.complete();
    expect(files()).toEqual([]);
  });

  test("a policy that comes later holds at once", () => {
    const segments = open({ max_bytes: 4, compress: false });
    once(segments, "11112222333");
    segments.setPolicy("web", { ...DEFAULT_LOG_POLICY, max_bytes: 4, max_files: 1, compress: false });
    expect(String(outputOf(directory, "web:0"))).toBe("333");
  });
});

describe("stderr apart", () => {
  test("has files of its own, from the moment it is asked for", () => {
    const segments = open();
    const err = segments.add("web:0", "stderr", RUN);
    write(segments, err, "together");
    segments.setPolicy("web", { ...DEFAULT_LOG_POLICY, stderr: "separate" });
    write(segments, err, "apart");
    segments.setPolicy("web", null);
    write(segments, err, "!");
    segments.close();
    expect(String(outputOf(directory, "web:0"))).toBe("together!");
    expect(String(outputOf(directory, "web:0.err"))).toBe("apart");
  });
});

describe("clearing", () => {
  test("leaves nothing of an alias, and its positions go on", () => {
    const segments = open({ max_bytes: 4, compress: false });
    const source = segments.add("web:0", "stdout", RUN);
    write(segments, source, "11112222333");
    once(segments, "other", "web:1");
    segments.clear("web:0");
    expect(segmentsOf(directory, "web:0")).toEqual([]);
    expect(outputOf(directory, "web:1")).toHaveLength(5);
    write(segments, source, "new");
    segments.close();
    expect(String(outputOf(directory, "web:0"))).toBe("new");
    expect(bases()).toEqual([11]);
  });
});
