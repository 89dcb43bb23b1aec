/**
 * Names of the files that hold output. What an alias writes on a day is a row of segments: the one being written is
 * `<stem>-<day>.log`; one that was full is `<stem>-<day>.<number>.log`, counted from 1; a compressed one ends in `.zst`.
 * Beside each lies its index, `<segment>.log.idx`, also when the segment itself is compressed. Pure.
 */
import { join } from "node:path";
import { type Day, stemOf } from "./files.ts";

/** `web:0` writes to `web:0-….log`; its stderr, where that is kept apart, to `web:0.err-….log`. */
export type Channel = "all" | "err";

export interface SegmentName {
  /** As `stemOf` gives it, with `.err` where stderr is kept apart. */
  readonly stem: string;
  readonly day: Day;
  /** 1 and up in the order of writing; `null` for the one that was written last on its day. */
  readonly number: number | null;
  readonly compressed: boolean;
}

const NAME = /^(?<stem>.+)-(?<day>\d{4}-\d{2}-\d{2})(?:\.(?<number>[1-9]\d{0,9}))?\.log(?<zst>\.zst)?$/s;

/** The stem of an alias's channel. */
export function channelStem(alias: string, channel: Channel): string {
  return channel === "all" ? stemOf(alias) : `${stemOf(alias)}.err`;
}

/** `null` for a file that is no segment. */
export function parseSegmentName(file: string): SegmentName | null {
  const groups = NAME.exec(file)?.groups;
  if (groups === undefined) return null;
  const { stem = "", day = "", number, zst } = groups;
  return { stem, day, number: number === undefined ? null : Number(number), compressed: zst !== undefined };
}

export function segmentPath(directory: string, { stem, day, number, compressed }: SegmentName): string {
  const numbered = number === null ? "" : `.${number}`;
  return join(directory, `${stem}-${day}${numbered}.log${compressed ? ".zst" : ""}`);
}

/** The index of a segment, the same whether it is compressed or not. */
export function indexPath(directory: string, name: SegmentName): string {
  return `${segmentPath(directory, { ...name, compressed: false })}.idx`;
}

/** The order in which segments of one stem were written. */
export function bySegmentOrder(a: SegmentName, b: SegmentName): number {
  if (a.day !== b.day) return a.day < b.day ? -1 : 1;
  return (a.number ?? Number.POSITIVE_INFINITY) - (b.number ?? Number.POSITIVE_INFINITY) || 0;
}
