/** Takes off what a format has put around the lines of a file: gives each back as it was written, with who and when. */
import type { OutputStream } from "../../domain/output.ts";
import { type Format, STREAMS } from "../index-format.ts";
import { NEWLINE } from "./block.ts";

export interface Unformatted {
  /** Unix ms; `null` if the line does not tell. */
  readonly time: number | null;
  readonly stream: OutputStream;
  /** With a newline. */
  readonly bytes: Uint8Array;
}

const HEAD = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) (stdout|stderr|meproc) /;
const MOST_HEAD = 40;

/** `line` with its newline, if it has one. What is not in the format comes as it is. */
export function unformat(line: Uint8Array, format: Format): Unformatted {
  return (format === "json" ? fromJson(line) : fromTimestamped(line)) ?? { ...UNKNOWN, bytes: line };
}

const UNKNOWN = { time: null, stream: null } as const;

function fromTimestamped(line: Uint8Array): Unformatted | null {
  const head = HEAD.exec(Buffer.from(line.subarray(0, MOST_HEAD)).toString("latin1"));
  if (head === null) return null;
  return { time: timeOf(head[1]), stream: streamOf(head[2]), bytes: line.subarray(head[0].length) };
}

function fromJson(line: Uint8Array): Unformatted | null {
  if (line.at(-1) !== NEWLINE) return null;
  try {
    const value: unknown = JSON.parse(Buffer.from(line).toString());
    if (typeof value !== "object" || value === null || !("text" in value)) return null;
    const time = "time" in value ? timeOf(value.time) : null;
    const stream = "stream" in value ? streamOf(value.stream) : null;
    return { time, stream, bytes: Buffer.from(`${String(value.text)}\n`) };
  } catch {
    // somebody else has written it
    return null;
  }
}

function timeOf(value: unknown): number | null {
  const time = typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isNaN(time) ? null : time;
}

function streamOf(value: unknown): OutputStream {
  return STREAMS.find((stream) => stream === value) ?? null;
}
