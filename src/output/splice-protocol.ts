/** What the main thread and the capture thread say to each other. */
import type { LogPolicy } from "../domain/output.ts";
import type { RunId } from "../domain/run.ts";
import type { CompressJob } from "./compression.ts";

export interface ThreadSetup {
  readonly logDir: string;
  /** An eventfd: written to after each message, so that the thread wakes up and reads it. */
  readonly wakeFd: number;
  readonly defaults: LogPolicy;
  readonly allTasksBytes: number;
}

/** One end of a run's output, to be read until nobody can write to it any more. */
export interface OpenStream {
  /** Never used twice, as descriptors are. */
  readonly id: number;
  readonly alias: string;
  readonly run: RunId;
  readonly stream: "stdout" | "stderr";
  readonly fd: number;
  readonly path: string;
}

export type ToThread =
  | ({ readonly kind: "setup" } & ThreadSetup)
  | { readonly kind: "open"; readonly streams: readonly OpenStream[] }
  /** An earlier service, or an earlier thread, has read from these. */
  | { readonly kind: "resume"; readonly streams: readonly OpenStream[] }
  | { readonly kind: "policy"; readonly task: string; readonly policy: LogPolicy | null }
  /** Every policy has been told. */
  | { readonly kind: "complete" }
  | { readonly kind: "note"; readonly alias: string; readonly text: string }
  /** To be told once when the file has grown beyond what `seen` stood for. */
  | { readonly kind: "watch"; readonly alias: string; readonly seen: number }
  | { readonly kind: "sync"; readonly id: number }
  | { readonly kind: "clear"; readonly id: number; readonly aliases: readonly string[] }
  /** `bytes` is the size of what was made, `null` if that failed. */
  | { readonly kind: "compressed"; readonly job: CompressJob; readonly bytes: number | null }
  | { readonly kind: "close" };

export type FromThread =
  | { readonly kind: "grew"; readonly alias: string; readonly count: number }
  /** A sync or a clear is done; `problem` says why something of it is not. */
  | { readonly kind: "done"; readonly id: number; readonly problem: string | null }
  | { readonly kind: "lost"; readonly alias: string; readonly bytes: number; readonly reason: string }
  | { readonly kind: "ended"; readonly id: number }
  /** To be compressed; `null` when there is nothing left. */
  | { readonly kind: "compress"; readonly job: CompressJob | null }
  | { readonly kind: "trouble"; readonly text: string }
  | { readonly kind: "closed" };
