/** All plugins and listeners: found in the folder or configured, told of each fact, loaded anew when their files change. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Fact } from "../domain/fact.ts";
import type { Companion, Companions, ListenerDefinition } from "../domain/plugins.ts";
import type { Cancel, Watcher } from "../domain/ports.ts";
import type { Told } from "./companion.ts";
import { Listener } from "./listener.ts";
import { Plugin, type PluginDeps, pluginName } from "./plugin.ts";

const MODULE = /\.(?:ts|js|mts|mjs)$/;
const DECLARATIONS = /\.d\.m?ts$/;
const CODE = /\.[mc]?[tj]sx?$/;
/** For so long nothing has to change before what has changed is loaded. */
const QUIET_MS = 300;

export interface PluginsOptions extends PluginDeps {
  /** The folder of the files; `null` where there is none. */
  readonly files: string | null;
  readonly listeners: readonly ListenerDefinition[];
  readonly watcher: Watcher;
}

/** The modules of a folder that are plugins: those directly in it, of each name one. */
export function pluginFiles(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder)
    .filter((name) => MODULE.test(name) && !DECLARATIONS.test(name) && !name.startsWith("."))
    .map((name) => join(folder, name))
    .filter((path) => existsSync(path) && statSync(path).isFile())
    .sort();
  return [...new Map(files.toReversed().map((file) => [pluginName(file), file])).values()].toReversed();
}

export class Plugins implements Companions {
  readonly #options: PluginsOptions;
  readonly #plugins = new Map<string, Plugin>();
  readonly #listeners: readonly Listener[];
  readonly #changed = new Set<string>();
  #unwatch: Cancel | null = null;
  #quiet: Cancel | null = null;

  constructor(options: PluginsOptions) {
    this.#options = options;
    this.#listeners = options.listeners.map((definition) => new Listener(options, definition));
    for (const file of this.#files()) this.#plugins.set(file, new Plugin(options, file));
  }

  start(): void {
    for (const told of [...this.#plugins.values(), ...this.#listeners]) told.start();
    const { files, watcher, log } = this.#options;
    if (files === null) return;
    try {
      this.#unwatch = watcher.watch([files], ["node_modules"], (path) => this.#noteChange(path));
    } catch (error) {
      log(
        "warn",
        `Plugins are not loaded anew when they change: ${error instanceof Error ? error.message : error}`,
      );
    }
  }

  take(fact: Fact): void {
    const task = "task" in fact ? this.#options.taskOf(fact.task) : null;
    for (const told of this.#all()) told.take(fact, task);
  }

  list(): Companion[] {
    return this.#all().map((told) => told.view());
  }

  async close(): Promise<void> {
    this.#unwatch?.();
    this.#quiet?.();
    await Promise.all(this.#all().map((told) => told.stop()));
    this.#options.links.close();
  }

  #all(): Told[] {
    return [...this.#plugins.values(), ...this.#listeners];
  }

  #files(): string[] {
    const { files } = this.#options;
    return files === null ? [] : pluginFiles(files);
  }

  /** What a plugin writes for itself is no reason to load anything. */
  #noteChange(path: string): void {
    if (!CODE.test(path) || DECLARATIONS.test(path)) return;
    this.#changed.add(path);
    const { clock } = this.#options;
    this.#quiet?.();
    this.#quiet = clock.at(clock.now().mono + QUIET_MS, () => this.#reload());
  }

  /** A file beside the plugins may be part of any of them. */
  #reload(): void {
    const changed = [...this.#changed];
    this.#changed.clear();
    const files = new Set(this.#files());
    const shared = changed.some((path) => !files.has(path) && !this.#plugins.has(path));
    for (const [file, plugin] of this.#plugins) {
      if (!files.has(file)) {
        this.#plugins.delete(file);
        this.#options.log("info", `Plugin ${plugin.name}: its file is gone`);
        void plugin.stop();
      } else if (shared || changed.includes(file)) plugin.reload();
    }
    for (const file of files) {
      if (this.#plugins.has(file)) continue;
      const plugin = new Plugin(this.#options, file);
      this.#plugins.set(file, plugin);
      plugin.start();
    }
  }
}
