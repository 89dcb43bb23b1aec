/** `meproc plugin init`: the example of a plugin and the types for it, as files to begin with. */
import { copyFileSync, existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** Copies what is not there yet; `examples` is the folder of the examples. Returns what is to be said of it. */
export function initPlugins(examples: string, folder: string): string {
  mkdirSync(folder, { recursive: true });
  const lines = readdirSync(examples).map((name) => {
    const path = join(folder, name);
    if (existsSync(path)) return `${path} is there already, and left as it is`;
    copyFileSync(join(examples, name), path);
    return path;
  });
  return [...lines, "A running service loads it by itself, if it looks into this folder."].join("\n");
}
