/** The entry: the launcher of runs as another user, a search of output, a plugin, or else the command line. */
import { GREP } from "./output/reading/grep-frames.ts";
import { PLUGIN } from "./plugins/protocol.ts";
import { LAUNCH, launch } from "./spawn/launcher.ts";

if (process.argv[2] === LAUNCH) launch(process.argv.slice(3));
if (process.argv[2] === GREP) {
  const { grepChild } = await import("./output/reading/grep-child.ts");
  await grepChild();
}
if (process.argv[2] === PLUGIN) {
  const { pluginHost } = await import("./plugins/plugin-host.ts");
  await pluginHost(process.argv[3] ?? "", process.env);
}

const { run } = await import("./run.ts");
await run(process.argv.slice(2));
