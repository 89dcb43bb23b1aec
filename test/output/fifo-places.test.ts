/** Folders in memory for the FIFOs, where root may have them. */
import { chmodSync, existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { findFifoPlaces, leaveFifoPlaces } from "../../src/output/fifo-places.ts";

const possible = process.platform === "linux" && process.geteuid?.() === 0 && findAndLeave();

/** Whether this system has a file system in memory where we look for one. */
function findAndLeave(): boolean {
  const places = findFifoPlaces(Bun.randomUUIDv7(), tmpdir());
  leaveFifoPlaces(places);
  return places.length > 1;
}

describe.if(possible)("where the FIFOs are made", () => {
  const service = Bun.randomUUIDv7();
  let dataDir: string;
  let places: string[];

  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), "meproc-places-"));
    places = findFifoPlaces(service, dataDir);
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
    expect(findFifoPlaces(service, dataDir)).toEqual(places);
  });

  test("a folder that others may enter is not taken", () => {
    const [best = ""] = places;
    chmodSync(best, 0o777);
    expect(findFifoPlaces(service, dataDir)).not.toContain(best);
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
