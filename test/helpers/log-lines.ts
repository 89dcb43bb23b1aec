/** The lines of a service's log without time and level. */
export function wordsOf(log: string): string[] {
  return log
    .trimEnd()
    .split("\n")
    .map((line) => line.replace(/^\S+ \S+ UTC \[[A-Z]+\]: /, ""));
}

/** Those that match, with pids as `PID`. */
export function linesWith(log: string, pattern: RegExp): string[] {
  return wordsOf(log)
    .filter((line) => pattern.test(line))
    .map((line) => line.replace(/Process \d+ /, "Process PID "));
}
