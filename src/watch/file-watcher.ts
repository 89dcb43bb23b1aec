/**
 * Tells of changed files. The folder above each path is watched as well: what is replaced as a whole, as editors and
 * deployments do it, is found again by its name.
 */
import { type FSWatcher, statSync, watch } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import type { Cancel, Watcher } from "../domain/ports.ts";
import { codeOf, inWords } from "../platform/system-errors.ts";

export class FileWatcher implements Watcher {
  watch(paths: readonly string[], ignore: readonly string[], changed: (path: string) => void): Cancel {
    const globs = ignore.map((pattern) => new Bun.Glob(pattern));
    const cancels: Cancel[] = [];
    const cancel = () => {
      for (const each of cancels.splice(0)) each();
    };
    try {
      for (const path of paths.map((each) => resolve(each)))
        cancels.push(
          watchPath(path, (file) => {
            if (!isIgnored(file, path, globs)) changed(file);
          }),
        );
    } catch (error) {
      cancel();
      throw error;
    }
    return cancel;
  }
}

/** A pattern is of the path below what is watched, or of a name in it: `node_modules` ignores all that is in one. */
function isIgnored(file: string, root: string, globs: readonly Bun.Glob[]): boolean {
  const below = relative(root, file) || basename(file);
  const parts = below.split("/");
  const ways = parts.map((_, index) => parts.slice(0, index + 1).join("/"));
  return globs.some((glob) => [...ways, ...parts, file].some((each) => glob.match(each)));
}

function watchPath(path: string, changed: (file: string) => void): Cancel {
  let inside = watchInside(path, changed);
  const above = open(path, dirname(path), false, (name) => {
    if (name !== basename(path)) return;
    inside?.close();
    inside = existsAsFolder(path) ? watchInside(path, changed) : null;
    changed(path);
  });
  return () => {
    above.close();
    inside?.close();
  };
}

/** Of a file its folder tells. Throws an Error in words if there is nothing. */
function watchInside(path: string, changed: (file: string) => void): FSWatcher | null {
  if (!isFolder(path)) return null;
  return open(path, path, true, (name) => changed(name === null ? path : join(path, name)));
}

function open(
  path: string,
  folder: string,
  recursive: boolean,
  changed: (name: string | null) => void,
): FSWatcher {
  try {
    const watcher = watch(folder, { recursive }, (_, name?: string | null) => changed(name ?? null));
    // what is removed has told so by then, and the folder above tells when it is back
    watcher.on("error", () => watcher.close());
    return watcher;
  } catch (error) {
    throw problem(path, error);
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (error) {
    throw problem(path, error);
  }
}

/** It may go again while we look. */
function existsAsFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (error) {
    if (codeOf(error) === null) throw error;
    return false;
  }
}

function problem(path: string, error: unknown): Error {
  const full = codeOf(error) === "ENOSPC";
  const words = full
    ? "the system watches no more files; raise fs.inotify.max_user_watches (ENOSPC)"
    : inWords(error);
  return new Error(`watch ${path}: ${words}`, { cause: error });
}
