import { MAX_NAME_LENGTH } from "./task.ts";

const NAME = /^[\p{L}\p{N}_@][\p{L}\p{N}\p{M}_.@-]*$/u;

/** Why `name` cannot name a task, or `null` if it can. Names go into file names, so the rule is strict. */
export function nameProblem(name: string): string | null {
  if ([...name].length > MAX_NAME_LENGTH) return `expected at most ${MAX_NAME_LENGTH} characters`;
  if (NAME.test(name)) return null;
  return "expected letters and digits of any script, _ . @ and -, not starting with . or -";
}
