/** The forms in which lines leave: their bytes, or a JSON object for each. */
import type { OutputLine } from "../domain/output.ts";
import { partsOfAlias } from "../domain/task.ts";
import { rfc3339 } from "./schemas.ts";

const NDJSON = "application/x-ndjson";
const NEWLINE = 10;
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const encoder = new TextEncoder();

export interface Form {
  readonly type: string;
  readonly lines: (lines: readonly OutputLine[]) => Uint8Array;
  /** The bytes go out as they were written. */
  readonly plain: boolean;
}

const PLAIN = { lines: joined, plain: true };
export const asJson: Form = { type: NDJSON, lines: toJson, plain: false };
export const asText: Form = { type: "text/plain; charset=utf-8", ...PLAIN };
export const asBytes: Form = { type: "application/octet-stream", ...PLAIN };

/** What the client would rather have; `otherwise` if it does not say. */
export function formOf(request: Request, otherwise: Form): Form {
  const accept = request.headers.get("accept") ?? "";
  return [asJson, asText, asBytes].find(({ type }) => accept.includes(type.split(";")[0] ?? "")) ?? otherwise;
}

function joined(lines: readonly OutputLine[]): Uint8Array {
  const [only] = lines;
  if (lines.length === 1 && only !== undefined) return only.bytes;
  return Buffer.concat(lines.map(({ bytes }) => bytes));
}

function toJson(lines: readonly OutputLine[]): Uint8Array {
  return encoder.encode(lines.map((line) => `${JSON.stringify(lineView(line))}\n`).join(""));
}

function lineView({ alias, time, stream, run, bytes }: OutputLine) {
  const text = decoder.decode(bytes.at(-1) === NEWLINE ? bytes.subarray(0, -1) : bytes);
  const replica = partsOfAlias(alias).index;
  return { time: time === null ? null : rfc3339(time), stream, run, replica, text };
}
