/** Captured output as it is read: where it lies, what was asked for, what comes back. */
import { type Static, Type } from "@sinclair/typebox";
import type { RunId } from "./run.ts";

/** Who wrote: the process, or the service with a line of its own; `null` where nobody can tell any more. */
export type OutputStream = "stdout" | "stderr" | "meproc" | null;

/** With every default filled in. Sizes in bytes, 0 for no limit. */
export interface LogPolicy {
  readonly max_bytes: number;
  readonly max_files: number;
  readonly max_age_days: number;
  readonly total_bytes: number;
  readonly compress: boolean;
  readonly format: "raw" | "timestamped" | "json";
  readonly stderr: "merge" | "separate";
  readonly syslog: boolean;
  readonly stdout: boolean;
}

export const DEFAULT_LOG_POLICY: LogPolicy = {
  max_bytes: 64 << 20,
  max_files: 0,
  max_age_days: 30,
  total_bytes: 1 << 30,
  compress: true,
  format: "raw",
  stderr: "merge",
  syslog: false,
  stdout: false,
};
/** Files that are smaller are so many that the file system has more to do than the processes. */
export const LEAST_FILE_BYTES = 4096;

/** What is wrong with the sizes of a policy, `[field, what was expected]`. */
export function* policyProblems(policy: LogPolicyDefinition): Generator<[field: string, expected: string]> {
  for (const field of ["max_bytes", "total_bytes"] as const) {
    const bytes = policy[field];
    if (bytes !== undefined && bytes !== 0 && bytes < LEAST_FILE_BYTES)
      yield [field, `expected 0 for no limit, or at least ${LEAST_FILE_BYTES}`];
  }
}

const integer = (description: string, more: { default: number; maximum?: number }) =>
  Type.Optional(Type.Integer({ minimum: 0, description, ...more }));
const flag = (description: string) => Type.Optional(Type.Boolean({ description, default: false }));

/** What is kept of the output of a task, and how. A field that is not given is the configuration's. */
export const LogPolicyDefinition = Type.Object(
  {
    max_bytes: integer("Size at which a file is closed and the next begins; 0 is no limit", {
      default: DEFAULT_LOG_POLICY.max_bytes,
    }),
    max_files: integer("How many files are kept of each replica; 0 is no limit", {
      default: DEFAULT_LOG_POLICY.max_files,
    }),
    max_age_days: integer("How many days a closed file is kept; 0 is for ever", {
      default: DEFAULT_LOG_POLICY.max_age_days,
      maximum: 36_500,
    }),
    total_bytes: integer("How much is kept of all replicas together; 0 is no limit", {
      default: DEFAULT_LOG_POLICY.total_bytes,
    }),
    compress: Type.Optional(
      Type.Boolean({
        description: "Closed files are compressed with zstd",
        default: DEFAULT_LOG_POLICY.compress,
      }),
    ),
    format: Type.Optional(
      Type.Union([Type.Literal("raw"), Type.Literal("timestamped"), Type.Literal("json")], {
        description: "How lines stand in the file: as written, with time and stream before them, or as JSON",
        default: DEFAULT_LOG_POLICY.format,
      }),
    ),
    stderr: Type.Optional(
      Type.Union([Type.Literal("merge"), Type.Literal("separate")], {
        description: "Whether stderr goes to the same file or to one of its own, <alias>.err-<day>.log",
        default: DEFAULT_LOG_POLICY.stderr,
      }),
    ),
    syslog: flag("Lines also go to the log of the system (Linux)"),
    stdout: flag("Lines also go to the stdout of the service itself, with the alias before them"),
  },
  {
    additionalProperties: false,
    title: "Output",
    description:
      "How much is kept of what the task prints, and how; what is not given is the configuration's",
    examples: [{ max_bytes: 1_048_576, max_files: 10 }],
  },
);
export type LogPolicyDefinition = Static<typeof LogPolicyDefinition>;

/** What is asked for over what holds otherwise. */
export function mergeLogPolicy(
  otherwise: LogPolicy,
  given: LogPolicyDefinition | null | undefined,
): LogPolicy {
  return { ...otherwise, ...given };
}

/** How much all tasks together may keep, unless the configuration says otherwise. */
export const DEFAULT_ALL_TASKS_BYTES = 10 * (1 << 30);

/** Which output is asked for; `null` is no restriction. */
export interface OutputQuery {
  /** One for each replica; several are merged by time. */
  readonly aliases: readonly string[];
  readonly stream: "stdout" | "stderr" | null;
  readonly run: RunId | null;
  /** Unix ms: lines whose end was read at this time or later … */
  readonly since: number | null;
  /** … and before this one. */
  readonly until: number | null;
  /** Only the newest so many lines of those that match. */
  readonly tail: number | null;
  /** A regular expression that a line must match, without its newline. */
  readonly grep: RegExp | null;
  /** Only the first so many lines of those that match (after `tail`). */
  readonly limit: number | null;
}

/** A line, or what there is of one. */
export interface OutputLine {
  readonly alias: string;
  /** Unix ms at which its end was read; `null` if nobody can tell. */
  readonly time: number | null;
  readonly stream: OutputStream;
  readonly run: RunId | null;
  /** With its newline, if it has one: a very long line comes in pieces. */
  readonly bytes: Uint8Array;
}

/**
 * A place in the output of several sources at once: of each alias in its order, then of each alias's separate stderr if
 * any has one. Positions joined by commas, the day left out where it is that of the one before:
 * `2026-11-22:4096,0,2026-11-21:77`. A position counts all bytes that were written to the source on that day, also those
 * in files that are gone. For one alias it is its position.
 */
export type Cursor = string;

/** A chunk as a follower gets it: not necessarily whole lines. */
export interface OutputPiece {
  readonly alias: string;
  readonly time: number | null;
  readonly stream: OutputStream;
  readonly run: RunId | null;
  readonly bytes: Uint8Array;
  /** The place after this piece, to resume from. */
  readonly to: Cursor;
  /** How much of this alias was passed over before it, because the reader was too slow or the files were removed. */
  readonly missed_bytes: number;
}

/** A file that holds output. */
export interface OutputFile {
  readonly name: string;
  readonly alias: string;
  readonly day: string;
  readonly size_bytes: number;
  readonly compressed: boolean;
  /** It is being written. */
  readonly open: boolean;
  readonly modified_at: number;
}

/** Where a follower begins: with the newest so many lines, or after a place. */
export type FollowFrom = { readonly tail: number } | { readonly after: Cursor };

/** Reads captured output over all of its files, compressed ones too. What is on its way when asked is taken first. */
export interface OutputArchive {
  /** The lines that match, in the order of time, in batches. A compiled `grep` runs off the main loop and is given up on
   * after a time: then this throws a MeprocError `timeout`. */
  lines(query: OutputQuery, signal: AbortSignal): AsyncIterable<readonly OutputLine[]>;
  /** The same as bytes; where nothing is left out and one alias is asked for, exactly the bytes as they were written. */
  bytes(query: OutputQuery, signal: AbortSignal): AsyncIterable<Uint8Array>;
  /** What comes after a place, piece by piece as it is written, until `signal` aborts. Nothing is read ahead. */
  pieces(
    query: Pick<OutputQuery, "aliases" | "stream" | "run">,
    from: FollowFrom,
    signal: AbortSignal,
  ): AsyncIterable<OutputPiece>;
  /** The files of these aliases, in the order of writing. */
  files(aliases: readonly string[]): Promise<OutputFile[]>;
  /** The path of one of them by its name, `null` if it is none of theirs: the name is never joined to a path unchecked. */
  filePath(aliases: readonly string[], name: string): Promise<string | null>;
}

/** What is kept, decided where it is written. */
export interface OutputKeeper {
  /** What a task asks for from now on; `null` once it is removed: its files are then kept by the configuration's defaults. */
  setPolicy(task: string, policy: LogPolicy | null): void;
  /**
   * Removes what was captured of these aliases. Processes go on; their next byte begins a new file. Throws `conflict` if
   * something of it could not be removed.
   */
  clear(aliases: readonly string[]): Promise<void>;
}
