/** What a command becomes: program and arguments. */
import type { Command } from "../domain/task-policies.ts";

const INDEX = "{index}";

/** A text of a definition for one replica: `{index}` stands for its index. */
export function forReplica(text: string, index: number): string {
  return text.replaceAll(INDEX, String(index));
}

/** A line is the shell's business; a list is program and arguments as they are. */
export function argumentsOf(command: Command, index: number): string[] {
  if (typeof command !== "string") return command.map((each) => forReplica(each, index));
  const line = forReplica(command, index);
  return process.platform === "win32" ? ["cmd.exe", "/d", "/s", "/c", line] : ["/bin/sh", "-c", line];
}
