/** What a command becomes: program and arguments. */
import { withIndex } from "../domain/index-placeholder.ts";
import type { Command } from "../domain/task-policies.ts";

/** A line is the shell's business; a list is program and arguments as they are. */
export function argumentsOf(command: Command, index: number): string[] {
  if (typeof command !== "string") return command.map((each) => withIndex(each, index));
  const line = withIndex(command, index);
  return process.platform === "win32" ? ["cmd.exe", "/d", "/s", "/c", line] : ["/bin/sh", "-c", line];
}
