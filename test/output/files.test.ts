import { describe, expect, test } from "bun:test";
import { dailyFile, dayNumber, dayOf, dayOfFile, stemOf } from "../../src/output/files.ts";

test("a file is named after alias and UTC day", () => {
  expect(dailyFile("/log", "web:0", dayOf(Date.UTC(2026, 10, 22, 23, 59, 59)))).toBe(
    "/log/web:0-2026-11-22.log",
  );
});

test("the day turns at midnight UTC", () => {
  const midnight = Date.UTC(2026, 10, 23);
  expect(dayNumber(midnight) - dayNumber(midnight - 1)).toBe(1);
});

describe("a name that is too long for a file system", () => {
  const long = `${"名".repeat(128)}:0`;

  test("is cut to fit, with its hash", () => {
    const bytes = new TextEncoder().encode(`${stemOf(long)}-2026-11-22.log`);
    expect(bytes.length).toBeLessThanOrEqual(255);
    expect(stemOf(long)).not.toBe(stemOf(`${"名".repeat(128)}:1`));
    expect(stemOf(long)).not.toContain("\uFFFD");
  });

  test("is found again", () => {
    expect(dayOfFile(`${stemOf(long)}-2026-11-22.log`, long)).toBe("2026-11-22");
  });
});

test("files of other aliases are told apart, also where one name begins like the other", () => {
  expect(dayOfFile("web:0-2026-11-22.log", "web:0")).toBe("2026-11-22");
  expect(dayOfFile("web:0-x:0-2026-11-22.log", "web:0")).toBeNull();
  expect(dayOfFile("web:01-2026-11-22.log", "web:0")).toBeNull();
  expect(dayOfFile("web:0-2026-11-22.log.gz", "web:0")).toBeNull();
});
