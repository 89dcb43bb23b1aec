/** What of an output is asked for, in the words of the dialog. */
import type { OutputFilter } from "../api/output.ts";

export const NO_FILTER: OutputFilter = {
  replica: null,
  stream: "",
  run: "",
  since: null,
  until: null,
  search: null,
};

/** Whether output that comes is to be shown as it comes: not while somebody looks for something of the past. */
export function isFollowed(filter: OutputFilter): boolean {
  return filter.search === null && filter.since === null && filter.until === null;
}

/** How many of the fields that can be folded away restrict what is shown. */
export function countFields({ stream, run, since, until }: OutputFilter): number {
  return [stream !== "", run !== "", since !== null, until !== null].filter(Boolean).length;
}

/** RFC 3339 → what a field for date and time takes, in the browser's zone. */
export function toLocalField(time: string | null): string {
  if (time === null) return "";
  const date = new Date(time);
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** The same the other way; null while the field is empty or not yet whole. */
export function fromLocalField(text: string): string | null {
  const time = text === "" ? Number.NaN : new Date(text).getTime();
  return Number.isNaN(time) ? null : new Date(time).toISOString();
}
