/** `{index}` in a definition stands for the index of the replica. */
import type { Command } from "./task-policies.ts";

const PLACEHOLDER = "{index}";

export function withIndex(text: string, index: number): string {
  return text.replaceAll(PLACEHOLDER, String(index));
}

/** Of a list of arguments each; of a shell line all of it. */
export function commandWithIndex(command: Command, index: number): Command {
  return typeof command === "string"
    ? withIndex(command, index)
    : command.map((argument) => withIndex(argument, index));
}
