import { describe, expect, test } from "bun:test";
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FileWatcher } from "../../src/watch/file-watcher.ts";
import { whenDone } from "../helpers/cleanup.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import { until } from "../helpers/until.ts";

function watching(paths: string[], ignore: string[] = []): string[] {
  const told: string[] = [];
  whenDone(new FileWatcher().watch(paths, ignore, (path) => void told.push(path)));
  return told;
}

describe.skipIf(process.platform === "win32")("a watched folder", () => {
  test("tells of files in it, however deep, also in folders that come later", async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, "src"));
    const told = watching([join(folder, "src")]);
    const deep = join(folder, "src", "a", "b");
    mkdirSync(deep, { recursive: true });
    await until(() => told.includes(deep), "the new folder is told");
    writeFileSync(join(deep, "file"), "x");
    await until(() => told.includes(join(deep, "file")), "the file is told");
  });

  test("tells nothing of what is ignored, by its name or its path below it", async () => {
    const folder = temporaryFolder();
    for (const each of ["node_modules", "dist"]) mkdirSync(join(folder, each));
    const told = watching([folder], ["node_modules", "dist/**", "*.swp"]);
    writeFileSync(join(folder, "node_modules", "x"), "");
    writeFileSync(join(folder, "dist", "y"), "");
    writeFileSync(join(folder, ".file.swp"), "");
    writeFileSync(join(folder, "file"), "");
    await until(() => told.includes(join(folder, "file")), "the file is told");
    expect(new Set(told)).toEqual(new Set([join(folder, "file")]));
  });

  test("that is replaced by another one is watched again", async () => {
    const folder = temporaryFolder();
    const src = join(folder, "src");
    mkdirSync(src);
    const told = watching([src]);
    rmSync(src, { recursive: true });
    mkdirSync(join(folder, "next"));
    renameSync(join(folder, "next"), src);
    await until(() => told.includes(src), "the change is told");
    await until(() => {
      writeFileSync(join(src, "file"), "x");
      return told.includes(join(src, "file"));
    }, "a file in the new one is told");
  });

  test("is not watched any more after cancelling", async () => {
    const folder = temporaryFolder();
    const told: string[] = [];
    const cancel = new FileWatcher().watch([folder], [], (path) => void told.push(path));
    const witness = watching([folder]);
    cancel();
    writeFileSync(join(folder, "file"), "x");
    await until(() => witness.length > 0, "another one has heard of it");
    expect(told).toEqual([]);
  });
});

describe("a watched file", () => {
  test("tells when it is saved in place, and when an editor renames another over it, each time", async () => {
    const folder = temporaryFolder();
    const file = join(folder, "conf");
    writeFileSync(file, "1");
    const told = watching([file]);
    for (const text of ["2", "3"]) {
      told.length = 0;
      writeFileSync(join(folder, "conf.tmp"), text);
      renameSync(join(folder, "conf.tmp"), file);
      await until(() => told.length > 0, "the rename is told");
    }
    await until(() => {
      writeFileSync(file, "4");
      return told.length > 2;
    }, "a write is told");
    expect(new Set(told)).toEqual(new Set([file]));
  });

  test("that does not exist is refused in words", () => {
    const missing = join(temporaryFolder(), "none");
    expect(() => new FileWatcher().watch([missing], [], () => undefined)).toThrow(
      `watch ${missing}: it does not exist (ENOENT)`,
    );
  });
});
