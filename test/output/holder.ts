/**
 * A service's half of a capture, in a process that a test may kill: starts a command with its output captured, and says
 * when. Arguments: the way of capture, folder of FIFOs, folder of files, alias, run, command.
 */
import { join } from "node:path";
import type { ReportLoss } from "../../src/output/capture.ts";
import { CopyCapture } from "../../src/output/copy-capture.ts";
import { SpliceCapture } from "../../src/output/splice-capture.ts";

const [way, fifoDir = "", logDir = "", alias = "", run = "", command = ""] = process.argv.slice(2);
const thread = join(import.meta.dir, "../../src/output/splice-thread.ts");
const reportLoss: ReportLoss = (_alias, bytes, reason) => {
  throw new Error(`${bytes} bytes lost: ${reason}`);
};
const folders = { fifoDirs: [fifoDir], logDir, reportLoss };
const capture = way === "copy" ? new CopyCapture(folders) : new SpliceCapture({ ...folders, thread });
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
