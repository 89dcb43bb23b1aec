/** The entry: the launcher of runs as another user, or else the command line. */
import { LAUNCH, launch } from "./spawn/launcher.ts";

if (process.argv[2] === LAUNCH) launch(process.argv.slice(3));

const { run } = await import("./run.ts");
await run(process.argv.slice(2));
