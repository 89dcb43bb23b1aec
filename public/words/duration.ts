/** Durations in words, as short as they are still exact enough to act on. */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** "8s", "3m 12s", "5h 04m", "12d 3h". */
export function duration(ms: number): string {
  const at = Math.max(0, ms);
  if (at < MINUTE) return `${Math.floor(at / SECOND)}s`;
  if (at < HOUR) return `${Math.floor(at / MINUTE)}m ${two(Math.floor((at % MINUTE) / SECOND))}s`;
  if (at < DAY) return `${Math.floor(at / HOUR)}h ${two(Math.floor((at % HOUR) / MINUTE))}m`;
  return `${Math.floor(at / DAY)}d ${Math.floor((at % DAY) / HOUR)}h`;
}

/** "now", "5s ago", "in 2m 10s". */
export function distance(time: number, now: number): string {
  const ms = time - now;
  if (Math.abs(ms) < SECOND) return "now";
  return ms > 0 ? `in ${duration(ms + SECOND - 1)}` : `${duration(-ms)} ago`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
