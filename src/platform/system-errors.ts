/** Errors of the operating system in words that a person can act on. */

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: "it does not exist",
  EACCES: "permission denied",
  EPERM: "not permitted",
  ENOTDIR: "a part of its path is not a directory",
  ENOEXEC: "it is not a program that this system can run",
  ETXTBSY: "it is being written to at the moment",
  EMFILE: "the service has too many files open; raise its limit (ulimit -n)",
  ENFILE: "the system has too many files open",
  EAGAIN: "the system allows no more processes; raise the limit (ulimit -u, pids.max)",
  ENOMEM: "the system has no memory left",
  E2BIG: "command and environment are too long",
  ENOSPC: "no space left on device",
  EROFS: "the file system is read-only",
  EADDRINUSE: "the address is in use",
};

export function codeOf(error: unknown): string | null {
  if (typeof error !== "object" || error === null || !("code" in error)) return null;
  return typeof error.code === "string" ? error.code : null;
}

/** `permission denied (EACCES)`; for an error without a known code its own message. */
export function inWords(error: unknown): string {
  const code = codeOf(error);
  const words = code === null ? undefined : WORDS[code];
  if (words !== undefined) return `${words} (${code})`;
  return error instanceof Error ? error.message : String(error);
}
