/** The promise about the disk, looked at all along while 200 MB come in: what may be kept is never exceeded by more than a write. */
import { expect, test } from "bun:test";
import { DEFAULT_LOG_POLICY, type LogPolicy } from "../../src/domain/output.ts";
import { captureFolders, makeCapture } from "../helpers/captures.ts";
import { whenDone } from "../helpers/cleanup.ts";
import { outputOf, sizesIn } from "../helpers/segments.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";

const BYTES = 200_000_000;
const MIB = 1 << 20;
/** What one splice may bring: as much as a FIFO holds. */
const ONE_WRITE = MIB;
const POLICIES: readonly (readonly [string, Partial<LogPolicy>, number])[] = [
  ["max_files", { max_files: 4 }, 4 * MIB],
  ["total_bytes", { total_bytes: 5 * MIB }, 5 * MIB],
  ["total_bytes, compressed", { total_bytes: 5 * MIB, compress: true }, 5 * MIB],
  ["total_bytes that is less than a file", { total_bytes: MIB / 2 }, MIB / 2],
];

test.if(process.platform === "linux").each(POLICIES)(
  "%s holds at each moment",
  async (_what, more, limit) => {
    const root = temporaryFolder();
    const folders = captureFolders(root);
    const capture = makeCapture("splice", folders, {
      defaults: { ...DEFAULT_LOG_POLICY, compress: false, ...more, max_bytes: MIB },
      allTasksBytes: 0,
    });
    whenDone(() => capture.close());
    const channel = capture.open({ alias: "big:0", run: "r1", owner: null });
    const child = Bun.spawn(
      ["/bin/sh", "-c", `yes 'all work and no play' | head -c ${BYTES}; echo; echo end`],
      {
        stdio: ["ignore", channel.stdout as number, channel.stderr as number],
      },
    );
    channel.spawned(null);
    let looks = 0;
    let largest = 0;
    let most = 0;
    const look = () => {
      const { sizes, total } = sizesIn(folders.logDir);
      largest = Math.max(largest, ...sizes);
      most = Math.max(most, total);
      looks++;
    };
    let exited = false;
    void child.exited.then(() => (exited = true));
    while (!exited) {
      look();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await capture.sync();
    look();
    expect(looks).toBeGreaterThan(20);
    expect(largest).toBeLessThanOrEqual(MIB);
    expect(most).toBeLessThanOrEqual(limit + ONE_WRITE);
    expect(outputOf(folders.logDir, "big:0").toString()).toEndWith("\nend\n");
  },
  60_000,
);
