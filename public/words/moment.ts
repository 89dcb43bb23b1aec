/** Points in time, written for people. */

const CLOCK: Intl.DateTimeFormatOptions = {
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
};

const full = new Intl.DateTimeFormat("en-GB", { ...CLOCK, year: "numeric", timeZoneName: "short" });

/** "22 Nov 2025, 13:31:05 GMT+1", in the browser's zone. */
export function moment(iso: string): string {
  return full.format(new Date(iso));
}

/** "Sat 22 Nov, 13:31:05" in the given zone; in the browser's, and saying so, when it does not know that zone. */
export function momentIn(iso: string, timeZone: string): string {
  const options: Intl.DateTimeFormatOptions = { ...CLOCK, weekday: "short" };
  try {
    return new Intl.DateTimeFormat("en-GB", { ...options, timeZone }).format(new Date(iso));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return new Intl.DateTimeFormat("en-GB", { ...options, timeZoneName: "short" }).format(new Date(iso));
  }
}
