/** A line as the log of the system takes it: RFC 3164, as local programs speak it (without a host). Pure. */
import type { OutputLine } from "../domain/output.ts";

const DAEMON = 3 << 3;
const [WARNING, INFO] = [4, 6];
/** What every syslog daemon takes in one message. */
const MAX_TEXT_BYTES = 8000;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** One message, or several for a long line; none for an empty one. `now` is for lines whose time nobody can tell. */
export function syslogMessages(line: OutputLine, pid: number | null, now: number): Uint8Array[] {
  const head = new TextEncoder().encode(headOf(line, pid, now));
  const text = withoutEnd(line.bytes);
  const messages: Uint8Array[] = [];
  for (let at = 0; at < text.length; at += MAX_TEXT_BYTES)
    messages.push(Buffer.concat([head, text.subarray(at, at + MAX_TEXT_BYTES)]));
  return messages;
}

/** A colon would end the tag, so that of the alias is a dot: `web.0[123]: `. */
function headOf({ alias, stream, time }: OutputLine, pid: number | null, now: number): string {
  const priority = DAEMON | (stream === "stdout" || stream === null ? INFO : WARNING);
  const process = pid === null ? "" : `[${pid}]`;
  return `<${priority}>${timeOf(new Date(time ?? now))} ${alias.replaceAll(":", ".")}${process}: `;
}

/** In local time, as is the custom. */
function timeOf(date: Date): string {
  const two = (n: number) => String(n).padStart(2, "0");
  const day = String(date.getDate()).padStart(2, " ");
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":");
  return `${MONTHS[date.getMonth()]} ${day} ${clock}`;
}

function withoutEnd(bytes: Uint8Array): Uint8Array {
  let end = bytes.length;
  while (end > 0 && (bytes[end - 1] === 10 || bytes[end - 1] === 13)) end--;
  return bytes.subarray(0, end);
}
