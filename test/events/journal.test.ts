import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LogLevel } from "../../src/domain/config.ts";
import { Journal } from "../../src/events/journal.ts";

let folder: string;
let terminal: string[];
let wall: number;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "meproc-journal-"));
  terminal = [];
  wall = Date.UTC(2023, 10, 16, 15, 22, 38);
});
afterEach(() => rmSync(folder, { recursive: true }));

const journal = (level: LogLevel = "info", colours = false, directory = folder) =>
  new Journal({ directory, level, colours, terminal: (line) => terminal.push(line), wall: () => wall });

describe("a line", () => {
  test("has the form of 1.x, on the terminal and in the file of the day", () => {
    journal().info("Meproc v1.0.6. Listen on: 0.0.0.0:8606");
    const line = "11/16/2023 15:22:38 UTC [INFO]: Meproc v1.0.6. Listen on: 0.0.0.0:8606";
    expect(terminal).toEqual([line]);
    expect(readFileSync(join(folder, "Meproc-2023-11-16.log"), "utf8")).toBe(`${line}\n`);
  });

  test("is coloured on a terminal and plain in the file", () => {
    journal("info", true).error("x");
    expect(terminal[0]).toContain("\u001b[31mERROR\u001b[39m");
    expect(readFileSync(join(folder, "Meproc-2023-11-16.log"), "utf8")).not.toContain("\u001b");
  });

  test("cannot be forged by what it tells of", () => {
    journal().warn("name\n11/16/2023 15:22:38 UTC [INFO]: forged\u001b[2J");
    expect(terminal).toHaveLength(1);
    expect(terminal[0]).not.toMatch(/\p{Cc}/u);
  });
});

test("levels below the threshold are not written", () => {
  const log = journal("warn");
  log.debug("a");
  log.info("b");
  log.warn("c");
  log.error("d");
  expect(terminal.map((line) => line.at(-1))).toEqual(["c", "d"]);
});

test("at midnight UTC the next file begins", () => {
  const log = journal();
  log.info("a");
  wall = Date.UTC(2023, 10, 17);
  log.info("b");
  expect(readdirSync(folder).sort()).toEqual(["Meproc-2023-11-16.log", "Meproc-2023-11-17.log"]);
});

test("a log that cannot be written is told once and stops nothing", () => {
  const log = journal("info", false, join(folder, "missing"));
  log.info("a");
  log.info("b");
  expect(terminal).toHaveLength(3);
  expect(terminal.join()).toContain("The log file cannot be written: it does not exist");
});
