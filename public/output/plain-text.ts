/** What is shown, as text to take home: without colours, with the times and names that stand beside it. */
import { styledRuns } from "./ansi.ts";
import type { Line } from "./lines.ts";

export type Beside = { times: boolean; aliases: ReadonlyMap<number, string> | null };

export function plainText(lines: readonly Line[], { times, aliases }: Beside): string {
  return lines
    .map((line) => {
      const said = line.notice ? `(${line.text})` : plainLine(line);
      if (line.notice) return `${said}\n`;
      const time = !times ? [] : [line.time === null ? "-" : new Date(line.time).toISOString()];
      const alias = aliases === null ? [] : [aliases.get(line.replica) ?? `:${line.replica}`];
      return `${[...time, ...alias, said].join(" ")}\n`;
    })
    .join("");
}

function plainLine(line: Line): string {
  return styledRuns(line.text, "")
    .map((run) => run.text)
    .join("");
}
