/** The composition root for captured output: who takes it, who reads it, what is kept of it, and where else it goes. */
import type { Config, LogLevel } from "./domain/config.ts";
import { mergeLogPolicy } from "./domain/output.ts";
import type { Clock, Publish } from "./domain/ports.ts";
import type { RunId } from "./domain/run.ts";
import { type Task, aliasOf } from "./domain/task.ts";
import type { Capture, CaptureOptions } from "./output/capture.ts";
import { CopyCapture } from "./output/copy-capture.ts";
import { Losses } from "./output/losses.ts";
import { Mirrors } from "./output/mirrors.ts";
import { PipeCapture } from "./output/pipe-capture.ts";
import { GREP } from "./output/reading/grep-frames.ts";
import { FileReader } from "./output/reader.ts";
import { SpliceCapture } from "./output/splice-capture.ts";
import { type Outlet, StdoutSink } from "./output/stdout-sink.ts";
import { SyslogSink } from "./output/syslog-sink.ts";
import { DatagramSocket } from "./platform/datagram-socket.ts";
import { inWords } from "./platform/system-errors.ts";
import { startHelper } from "./spawn/helper.ts";

/** Where the system takes its log. */
const SYSLOG = "/dev/log";
/** The worker modules are entry points of their own in the executable. */
const COMPRESS_THREAD = new URL("./output/compress-thread.ts", import.meta.url).href;
const SPLICE_THREAD = new URL("./output/splice-thread.ts", import.meta.url).href;

export interface OutputSurroundings {
  readonly config: Config;
  readonly fifoDirs: readonly string[];
  readonly clock: Clock;
  readonly publish: Publish;
  /** The command line of this executable, for searches in a process of their own. */
  readonly self: readonly string[];
  readonly stdout: Outlet;
  readonly colours: boolean;
  readonly pidOf: (run: RunId) => number | null;
  readonly log: (level: LogLevel, text: string) => void;
}

export function wireOutput(around: OutputSurroundings) {
  const { config, clock, log } = around;
  const warn = (text: string) => log("warn", text);
  const losses = new Losses(clock, around.publish);
  const capture = makeCapture(around.fifoDirs, {
    logDir: config.logDir,
    defaults: config.log,
    allTasksBytes: config.allTasksBytes,
    compressThread: COMPRESS_THREAD,
    reportLoss: losses.report,
    reportTrouble: (text) => log("error", text),
  });
  const reader = new FileReader({
    directory: config.logDir,
    capture,
    startGrep: (request) => startHelper([...around.self, GREP], request),
  });
  const mirrors = new Mirrors({
    archive: reader,
    stdout: new StdoutSink(around.stdout, around.colours),
    syslog: new SyslogSink({
      socket: process.platform === "linux" ? new DatagramSocket(SYSLOG) : null,
      clock,
      pidOf: around.pidOf,
      tell: warn,
    }),
    wall: Date.now,
    failed: (task, error) => warn(`The output of ${task} cannot be passed on: ${inWords(error)}`),
  });
  return {
    capture,
    reader,
    losses,
    /** From now on the output of a task is kept, and goes, as it asks. */
    know: ({ name, replica, log }: Pick<Task, "name" | "replica" | "log">): void => {
      const policy = mergeLogPolicy(config.log, log);
      capture.setPolicy(name, policy);
      const aliases = Array.from({ length: replica }, (_, index) => aliasOf(name, index));
      mirrors.set(name, aliases, policy);
    },
    /** The bootstrap command is no task, and as the configuration says. */
    passOn: (alias: string): void => mirrors.set(alias, [alias], config.log),
    forget: (task: string): void => {
      capture.setPolicy(task, null);
      mirrors.remove(task);
    },
    close: async (): Promise<void> => {
      // what processes have written last is for them too
      await capture.sync();
      await mirrors.close();
      await capture.close();
      losses.close();
    },
  };
}

function makeCapture(fifoDirs: readonly string[], options: CaptureOptions): Capture {
  if (process.platform === "win32") return new PipeCapture(options);
  if (process.platform === "linux") return new SpliceCapture({ ...options, fifoDirs, thread: SPLICE_THREAD });
  return new CopyCapture({ ...options, fifoDirs });
}
