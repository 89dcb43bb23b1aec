/**
 * Capture: the bytes of each run on their way to the daily file of its alias. Three ways (splice, copy, pipe) behind
 * this one interface and one suite of tests; which one is taken depends on the platform.
 */
import type { Cancel, OutputSink } from "../domain/ports.ts";

export interface Capture extends OutputSink {
  /**
   * Goes on with what runs of an earlier service write. `aliasOf` tells whose a run is; the FIFOs of a run that nobody
   * knows are removed.
   */
  resume(aliasOf: (run: string) => string | null): void;
  /** Settles when everything written before the call is in the files. */
  sync(): Promise<void>;
  /** Calls back after the file of an alias has grown; once, to be asked for again. */
  onGrowth(alias: string, callback: () => void): Cancel;
  /** Takes what is there and stops; FIFOs of processes that live on stay, for the next service. */
  close(): Promise<void>;
}

/** Bytes that could not be kept, and why. */
export type ReportLoss = (alias: string, bytes: number, reason: string) => void;
