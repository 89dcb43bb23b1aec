/** The ways of capture, made for a test: what cannot be kept and what goes wrong are failures unless the test says otherwise. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DEFAULT_ALL_TASKS_BYTES, DEFAULT_LOG_POLICY } from "../../src/domain/output.ts";
import type { Capture, CaptureOptions } from "../../src/output/capture.ts";
import { CopyCapture } from "../../src/output/copy-capture.ts";
import { PipeCapture } from "../../src/output/pipe-capture.ts";
import { SpliceCapture } from "../../src/output/splice-capture.ts";

const OUTPUT = join(import.meta.dir, "../../src/output");
export const SPLICE_THREAD = join(OUTPUT, "splice-thread.ts");

export interface CaptureFolders {
  readonly fifoDirs: readonly string[];
  readonly logDir: string;
}

export type Way = "splice" | "copy" | "pipe";

/** Makes both folders below a folder of the test. */
export function captureFolders(root: string): CaptureFolders {
  const folders = { fifoDirs: [join(root, "run")], logDir: join(root, "log") };
  for (const folder of [...folders.fifoDirs, folders.logDir]) mkdirSync(folder, { recursive: true });
  return folders;
}

export function makeCapture(
  way: Way,
  { fifoDirs, logDir }: CaptureFolders,
  more: Partial<CaptureOptions & { thread: string }> = {},
): Capture {
  const options = {
    fifoDirs,
    logDir,
    defaults: DEFAULT_LOG_POLICY,
    allTasksBytes: DEFAULT_ALL_TASKS_BYTES,
    compressThread: join(OUTPUT, "compress-thread.ts"),
    thread: SPLICE_THREAD,
    reportLoss: (alias: string, bytes: number, reason: string) => {
      throw new Error(`${bytes} bytes of ${alias} lost: ${reason}`);
    },
    reportTrouble: (text: string) => {
      throw new Error(text);
    },
    ...more,
  };
  if (way === "pipe") return new PipeCapture(options);
  return way === "copy" ? new CopyCapture(options) : new SpliceCapture(options);
}
