/** What an alias has written on a day, over all of its files, as if it were one. */
import { closeSync, fstatSync, openSync, readSync, readdirSync } from "node:fs";
import { bySegmentOrder, parseSegmentName, segmentPath } from "../../src/output/segment-name.ts";
import { codeOf } from "../../src/platform/system-errors.ts";

/** The first files of the days, `<alias>-<day>.log`: each stands for its day. */
export function daysIn(directory: string): string[] {
  const names = readdirSync(directory).map(parseSegmentName);
  const days = names.flatMap((name) =>
    name === null || name.stem === "Meproc" ? [] : [segmentPath("", { ...name, number: null })],
  );
  return [...new Set(days)].sort();
}

export class DayOutput {
  readonly #files: readonly { readonly fd: number; readonly from: number }[];

  /** A file that is full gets another name meanwhile: then it is opened anew. */
  constructor(directory: string, day: string) {
    let fds: number[] | null = null;
    while (fds === null) fds = open(directory, day);
    let from = 0;
    this.#files = fds.map((fd) => {
      const file = { fd, from };
      from += fstatSync(fd).size;
      return file;
    });
  }

  get size(): number {
    const last = this.#files.at(-1);
    return last === undefined ? 0 : last.from + fstatSync(last.fd).size;
  }

  /** As many bytes as there are, up to the length of the buffer. */
  read(into: Buffer, offset: number): number {
    let count = 0;
    for (const { fd, from } of this.#files) {
      const at = offset + count - from;
      if (at >= 0 && count < into.length) count += readSync(fd, into, count, into.length - count, at);
    }
    return count;
  }

  close(): void {
    for (const { fd } of this.#files) closeSync(fd);
  }
}

/** `null` if one of them was renamed meanwhile. */
function open(directory: string, day: string): number[] | null {
  const before = filesOf(directory, day);
  const fds: number[] = [];
  try {
    for (const file of before) fds.push(openSync(file, "r"));
    if (Bun.deepEquals(before, filesOf(directory, day))) return fds;
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
  }
  for (const fd of fds) closeSync(fd);
  return null;
}

function filesOf(directory: string, day: string): string[] {
  return readdirSync(directory)
    .map(parseSegmentName)
    .filter((name) => name !== null)
    .filter((name) => segmentPath("", { ...name, number: null }) === day)
    .sort(bySegmentOrder)
    .map((name) => segmentPath(directory, name));
}

/** How much was written in all on a day. */
export function sizeOf(directory: string, day: string): number {
  const output = new DayOutput(directory, day);
  try {
    return output.size;
  } finally {
    output.close();
  }
}
