/** Requests that were refused leave a line in the log: who runs a service wants to know that somebody tried. */
import type { LogLevel } from "../domain/config.ts";
import type { MeprocError } from "../domain/errors.ts";

export type Log = (level: LogLevel, text: string) => void;

const READS = new Set(["GET", "HEAD", "OPTIONS"]);

export function pathOf(request: Request): string {
  return URL.parse(request.url)?.pathname ?? "/";
}

/** The error's words say what was wrong and never repeat the input's values. */
export function logRefusal(log: Log, request: Request, error: MeprocError): void {
  if (!READS.has(request.method))
    log("warn", `Refused ${request.method} ${pathOf(request)}: ${error.message}`);
}
