/** Requests that were refused leave a line in the log: who runs a service wants to know that somebody tried. */
import type { LogLevel } from "../domain/config.ts";
import type { MeprocError } from "../domain/errors.ts";
import { pathOf } from "./paths.ts";

export type Log = (level: LogLevel, text: string) => void;

const READS = new Set(["GET", "HEAD", "OPTIONS"]);

/** The error's words say what was wrong and never repeat the input's values. */
export function logRefusal(log: Log, request: Request, error: MeprocError): void {
  if (!READS.has(request.method))
    log("warn", `Refused ${request.method} ${pathOf(request)}: ${error.message}`);
}
