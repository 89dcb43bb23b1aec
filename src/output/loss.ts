/** Output that could not be kept, in words. */
import { MeprocError } from "../domain/errors.ts";
import { inWords } from "../platform/system-errors.ts";

/** The line that stands in the log where bytes are missing. */
export function lineOfLoss(bytes: number, reason: string): string {
  return `… ${bytes.toLocaleString("en-US")} bytes lost: ${reason.charAt(0).toUpperCase()}${reason.slice(1)}\n`;
}

/** Without the code of the error: it is read among the output of a program. */
export function reasonOf(error: unknown): string {
  return inWords(error).replace(/ \([A-Z0-9]+\)$/, "");
}

/** Why output that was to be cleared is still there. */
export function notRemoved(reason: string): MeprocError {
  return new MeprocError("conflict", `The output could not be removed: ${reason}`);
}
