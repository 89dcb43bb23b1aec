/**
 * Capture: the bytes of each run on their way to the segments of its alias. Three ways (splice, copy, pipe) behind
 * this one interface and one suite of tests; which one is taken depends on the platform.
 */
import type { LogPolicy, OutputKeeper } from "../domain/output.ts";
import type { Cancel, OutputSink } from "../domain/ports.ts";

export interface Capture extends OutputSink, OutputKeeper {
  /**
   * Goes on with what runs of an earlier service write. `aliasOf` tells whose a run is; the FIFOs of a run that nobody
   * knows are removed. By then the policy of every task has been set: files of others are kept by the defaults.
   */
  resume(aliasOf: (run: string) => string | null): void;
  /** Settles when everything written before the call is in the files, and their indexes tell of it. */
  sync(): Promise<void>;
  /** Calls back after a file of an alias has grown; once, to be asked for again. */
  onGrowth(alias: string, callback: () => void): Cancel;
  /** Takes what is there and stops; FIFOs of processes that live on stay, for the next service. */
  close(): Promise<void>;
}

export interface CaptureOptions {
  readonly logDir: string;
  /** What is kept of a task that has no policy of its own. */
  readonly defaults: LogPolicy;
  /** How much all tasks together may keep; 0 for no limit. */
  readonly allTasksBytes: number;
  /** The module of the thread that compresses. */
  readonly compressThread: string | URL;
  readonly reportLoss: ReportLoss;
  /** Something of the capture itself goes wrong, in words. */
  readonly reportTrouble: (text: string) => void;
}

/** Bytes that could not be kept, and why. */
export type ReportLoss = (alias: string, bytes: number, reason: string) => void;
