/** Output that has come and is not shown yet: bounded, the oldest goes first and is counted. */
import type { Piece } from "./transcript.ts";

export type Arrival = ({ kind: "text" } & Piece) | { kind: "gap"; bytes: number };

const MOST_CHARS = 2 * 1024 * 1024;

export type Pending = {
  add: (arrival: Arrival) => void;
  /** Everything that waits, oldest first; a gap stands where something was left out. */
  take: () => Arrival[];
  /** How many line ends wait. */
  lines: () => number;
};

export function createPending(): Pending {
  let queue: Arrival[] = [];
  let chars = 0;
  let lines = 0;
  let dropped = 0;
  const drop = () => {
    const oldest = queue.shift();
    if (oldest?.kind !== "text") return;
    chars -= oldest.text.length;
    dropped += oldest.text.length;
  };
  return {
    add: (arrival) => {
      queue.push(arrival);
      if (arrival.kind !== "text") return;
      chars += arrival.text.length;
      lines += countLineEnds(arrival.text);
      while (chars > MOST_CHARS && queue.length > 1) drop();
    },
    take: () => {
      const gap: Arrival[] = dropped > 0 ? [{ kind: "gap", bytes: dropped }] : [];
      const all = [...gap, ...queue];
      queue = [];
      chars = 0;
      lines = 0;
      dropped = 0;
      return all;
    },
    lines: () => lines,
  };
}

function countLineEnds(text: string): number {
  let count = 0;
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) count += 1;
  return count;
}
