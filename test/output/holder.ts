/**
 * A service's half of a capture, in a process that a test may kill: starts a command with its output captured, and says
 * when. Arguments: the way of capture, folder of FIFOs, folder of files, alias, run, command.
 */
import { makeCapture } from "../helpers/captures.ts";

const [way, fifoDir = "", logDir = "", alias = "", run = "", command = ""] = process.argv.slice(2);
const capture = makeCapture(way === "copy" ? "copy" : "splice", { fifoDirs: [fifoDir], logDir });
const channel = capture.open({ alias, run, owner: null });
const child = Bun.spawn(["/bin/sh", "-c", command], {
  stdio: ["ignore", channel.stdout, channel.stderr],
  detached: true,
});
channel.spawned(null);
process.stdout.write(`${child.pid}\n`);
// any line asks it to let go, as at a hand-over
for await (const _line of console) break;
await capture.close();
process.exit(0);
