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

const clock = new Intl.DateTimeFormat("en-GB", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 3,
  hourCycle: "h23",
});
const day = new Intl.DateTimeFormat("en-GB", { day: "2-digit", month: "short" });

/** "13:31:05.042" in the browser's zone; with the day before it, "22 Nov 13:31:05.042", if that is not today. */
export function clockTime(time: number, now: number): string {
  const date = new Date(time);
  const today = new Date(now).toDateString() === date.toDateString();
  return today ? clock.format(date) : `${day.format(date)} ${clock.format(date)}`;
}
