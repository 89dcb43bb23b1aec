/** Cron expressions: croner as a calculator. It computes times; the supervisor's own clock waits for them. */
import { Cron } from "croner";

/** Why `expression` is no schedule, or `null` if it is one. */
export function cronProblem(expression: string): string | null {
  const text = expression.trim();
  if (!/^@\w+$/.test(text) && ![5, 6].includes(text.split(/\s+/).length))
    return "expected five fields, six with the seconds first, or a name such as @daily";
  try {
    return parse(text).nextRun() === null ? "this time never comes" : null;
  } catch (error) {
    return reasonOf(error);
  }
}

/** The first time of the schedule after `wall` (Unix ms), in Unix ms; `null` if there is none. */
export function nextTime(expression: string, wall: number): number | null {
  return parse(expression).nextRun(new Date(wall))?.getTime() ?? null;
}

export function nextTimes(expression: string, wall: number, count: number): Date[] {
  return parse(expression).nextRuns(count, new Date(wall));
}

export function localTimezone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

function parse(expression: string): Cron {
  return new Cron(expression.trim(), { mode: "5-or-6-parts", paused: true });
}

const RANGE: Readonly<Record<string, string>> = {
  second: "0 to 59",
  minute: "0 to 59",
  hour: "0 to 23",
  day: "1 to 31",
  month: "1 to 12 or JAN to DEC",
  dayOfWeek: "0 to 7 or SUN to SAT",
};

/** croner's finding in our words, which never repeat the input. */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : "";
  const field = /Invalid value for (\w+)/.exec(message)?.[1];
  if (field !== undefined && RANGE[field] !== undefined)
    return `the ${field === "dayOfWeek" ? "day of week" : field} is out of range, expected ${RANGE[field]}`;
  if (message.includes("stepping")) return "the step after / must be a number greater than 0";
  if (message.includes("larger than")) return "a range must go from the smaller value to the larger";
  return "expected numbers, names, * , - and / in the fields, or @hourly @daily @weekly @monthly @yearly";
}
