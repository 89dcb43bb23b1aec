/** Folders in memory for the FIFOs, where root may have them. */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { findFifoPlaces, leaveFifoPlaces } from "../../src/output/fifo-places.ts";

const possible = process.platform === "linux" && process.geteuid?.() === 0 && findAndLeave();

/** Whether this system has a file system in memory where we look for one. */
function findAndLeave(): boolean {
  const places = findFifoPlaces({ service: Bun.randomUUIDv7(), dataDir: tmpdir(), fifoDir: null });
  leaveFifoPlaces(places);
  return places.length > 1;
}

describe.if(possible)("where the FIFOs are made", () => {
  const service = Bun.randomUUIDv7();
  let dataDir: string;
  let places: string[];

  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), "meproc-places-"));
    places = findFifoPlaces({ service, dataDir, fifoDir: null });
  });

  afterEach(() => {
    for (const place of places) rmSync(place, { recursive: true, force: true });
    rmSync(dataDir, { recursive: true });
  });

  test("is a folder in memory that is ours alone, and then the data directory", () => {
    const [best = ""] = places;
    expect(best).toContain(service);
    expect(statSync(best).mode & 0o777).toBe(0o700);
    expect(places.at(-1)).toBe(join(dataDir, "run"));
  });

  test("the next service finds the same", () => {
    expect(findFifoPlaces({ service, dataDir, fifoDir: null })).toEqual(places);
  });

  test("a folder that others may enter is not taken", () => {
    const [best = ""] = places;
    chmodSync(best, 0o777);
    expect(findFifoPlaces({ service, dataDir, fifoDir: null })).not.toContain(best);
  });

  test("it is removed when nothing is left in it, and not before", () => {
    const [best = ""] = places;
    writeFileSync(join(best, "left.out"), "");
    leaveFifoPlaces(places);
    expect(existsSync(best)).toBe(true);
    rmSync(join(best, "left.out"));
    leaveFifoPlaces(places);
    expect(existsSync(best)).toBe(false);
  });
});

describe.if(process.platform !== "win32")("a folder that the configuration names", () => {
  const service = Bun.randomUUIDv7();
  let dataDir: string;

  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), "meproc-places-"));
  });

  afterEach(() => rmSync(dataDir, { recursive: true }));

  test("is taken first, with a folder of its own in it", () => {
    const fifoDir = join(dataDir, "named");
    const places = findFifoPlaces({ service, dataDir, fifoDir });
    expect(places).toEqual([join(fifoDir, `meproc-${service}`), join(dataDir, "run")]);
    leaveFifoPlaces(places);
    expect(existsSync(join(fifoDir, `meproc-${service}`))).toBe(false);
  });

  test("is refused if it cannot be used", () => {
    const fifoDir = join(dataDir, "file");
    writeFileSync(fifoDir, "");
    expect(() => findFifoPlaces({ service, dataDir, fifoDir })).toThrow("ENOTDIR");
    const open = join(dataDir, `meproc-${service}`);
    mkdirSync(open);
    chmodSync(open, 0o755);
    expect(() => findFifoPlaces({ service, dataDir, fifoDir: dataDir })).toThrow("others may enter it");
  });
});
