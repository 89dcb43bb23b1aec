/** How a process ended, in words. */

const CODES: Record<number, string> = {
  126: "exit code 126: the command cannot be executed",
  127: "exit code 127: command not found",
};

const SIGNALS: Record<string, string> = {
  SIGKILL: "killed (SIGKILL)",
  SIGTERM: "terminated (SIGTERM)",
  SIGINT: "interrupted (SIGINT)",
  SIGSEGV: "crashed (SIGSEGV)",
  SIGABRT: "aborted (SIGABRT)",
  SIGBUS: "crashed (SIGBUS)",
  SIGHUP: "hung up (SIGHUP)",
  SIGPIPE: "broken pipe (SIGPIPE)",
};

/** The words for an unhappy end; null when it ended well, or it is not known. */
export function unhappyEnd(exitCode: number | null, signal: string | null): string | null {
  if (signal !== null) return SIGNALS[signal] ?? `ended by ${signal}`;
  if (exitCode === null || exitCode === 0) return null;
  return CODES[exitCode] ?? `exit code ${exitCode}`;
}
