/** `meproc plugin init`: the example of a plugin and the types for it, as files to begin with. */
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { codeOf, inWords } from "../platform/system-errors.ts";

/** Why the example cannot be written, in one line. */
export class PluginInitError extends Error {
  override readonly name = "PluginInitError";
}

/** Copies what is not there yet; `examples` is the folder of the examples. Returns what is to be said of it. */
export function initPlugins(examples: string, folder: string): string {
  try {
    mkdirSync(folder, { recursive: true });
    const lines = readdirSync(examples).map((name) => copy(join(examples, name), join(folder, name)));
    return [...lines, "A running service loads it by itself, if it looks into this folder."].join("\n");
  } catch (error) {
    if (codeOf(error) === null) throw error;
    throw new PluginInitError(`${folder}: the example cannot be written: ${inWords(error)}`, {
      cause: error,
    });
  }
}

/** The executable carries the examples: they can be read, and not copied as files. */
function copy(from: string, to: string): string {
  if (existsSync(to)) return `${to} is there already, and left as it is`;
  writeFileSync(to, readFileSync(from));
  return to;
}
