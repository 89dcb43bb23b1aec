/** Watches the files of a task, and says when they have changed and it has been quiet for a while. */
import { isAbsolute, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Cancel, Clock, Watcher } from "../domain/ports.ts";
import type { Task } from "../domain/task.ts";

const DEBOUNCE_MS = 500;

export interface FileWatchDeps {
  readonly clock: Clock;
  readonly watcher: Watcher;
  /** The path that changed first. */
  readonly changed: (path: string) => void;
  /** It cannot be watched, in words. */
  readonly failed: (reason: string) => void;
}

export class FileWatch {
  readonly #deps: FileWatchDeps;
  #watch: Task["watch"] = null;
  #cwd: string | null = null;
  #cancel: Cancel | null = null;
  #quiet: Cancel | null = null;
  #path: string | null = null;
  /** Why it watches nothing, though it should. */
  #refusal: string | null = null;
  #closed = false;

  constructor(deps: FileWatchDeps) {
    this.#deps = deps;
  }

  /** Watches what the definition says, from now on if it has not yet; `again`: also if that could not be done before. */
  follow({ watch, cwd }: Task, again = false): void {
    const isSame = cwd === this.#cwd && isDeepStrictEqual(watch, this.#watch);
    if (this.#closed || (isSame && !(again && this.#refusal !== null))) return;
    const told = isSame ? this.#refusal : null;
    this.stop();
    this.#watch = watch;
    this.#cwd = cwd;
    if (watch === null) return;
    const paths = watch.paths.map((path) => (cwd === null || isAbsolute(path) ? path : join(cwd, path)));
    try {
      this.#cancel = this.#deps.watcher.watch(paths, watch.ignore ?? [], (path) => this.#note(path));
    } catch (error) {
      this.#refusal = error instanceof Error ? error.message : String(error);
      if (this.#refusal !== told) this.#deps.failed(this.#refusal);
    }
  }

  stop(): void {
    this.#cancel?.();
    this.#quiet?.();
    this.#cancel = null;
    this.#quiet = null;
    this.#path = null;
    this.#refusal = null;
    this.#watch = null;
    this.#cwd = null;
  }

  /** For good. */
  close(): void {
    this.#closed = true;
    this.stop();
  }

  #note(path: string): void {
    this.#path ??= path;
    const { clock, changed } = this.#deps;
    this.#quiet?.();
    this.#quiet = clock.at(clock.now().mono + (this.#watch?.debounce_ms ?? DEBOUNCE_MS), () => {
      const first = this.#path ?? path;
      this.#path = null;
      this.#quiet = null;
      changed(first);
    });
  }
}
