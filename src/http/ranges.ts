/** Which part of a file is asked for (RFC 9110, 14): one range of bytes; anything else is the whole. Pure. */

/** From the first byte up to, and without, the last. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

const RANGE = /^bytes=(\d{0,15})-(\d{0,15})$/;

/** `null` for the whole file, "unsatisfiable" if nothing of what is asked for is there. */
export function rangeOf(header: string | null, size: number): Range | "unsatisfiable" | null {
  const [, first = "", last = ""] = RANGE.exec(header?.trim() ?? "") ?? [];
  if (first === "" && last === "") return null;
  if (first === "") return suffix(Number(last), size);
  const from = Number(first);
  if (last !== "" && Number(last) < from) return null;
  if (from >= size) return "unsatisfiable";
  return { from, to: last === "" ? size : Math.min(Number(last) + 1, size) };
}

function suffix(length: number, size: number): Range | "unsatisfiable" {
  if (length === 0 || size === 0) return "unsatisfiable";
  return { from: Math.max(0, size - length), to: size };
}
