/** Lines and pieces of output, for the tests of what the page makes of them. */
import type { Arrival } from "../../public/output/assemble.ts";
import type { RawLine } from "../../public/output/lines.ts";

export function aLine(text: string, change: Partial<RawLine> = {}): RawLine {
  return { replica: 0, run: "1", stream: "stdout", time: 1000, notice: false, text, ...change };
}

export function aPiece(text: string, change: Partial<Omit<RawLine, "text" | "notice">> = {}): Arrival {
  return { kind: "text", replica: 0, run: "1", stream: "stdout", time: 1000, text, ...change };
}
