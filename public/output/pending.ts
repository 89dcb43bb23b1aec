/** Output that has come and is not shown yet: bounded, the oldest goes first and is counted. */
import type { Arrival } from "./assemble.ts";

const MOST_CHARS = 2 * 1024 * 1024;

export type Pending = {
  add: (arrival: Arrival) => void;
  /** Everything that waits, oldest first; gaps stand before it where something was left out. */
  take: () => Arrival[];
  /** How many line ends have come since it was last taken. */
  lines: () => number;
};

export function createPending(): Pending {
  let queue: Arrival[] = [];
  let chars = 0;
  let lines = 0;
  /** What was left out of each replica. */
  let dropped = new Map<number, number>();
  const drop = () => {
    const oldest = queue.shift();
    if (oldest === undefined) return;
    const size = oldest.kind === "text" ? oldest.text.length : oldest.bytes;
    if (oldest.kind === "text") chars -= size;
    dropped.set(oldest.replica, (dropped.get(oldest.replica) ?? 0) + size);
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
      const gaps = [...dropped].map(([replica, bytes]): Arrival => ({ kind: "gap", replica, bytes }));
      const all = [...gaps, ...queue];
      queue = [];
      chars = 0;
      lines = 0;
      dropped = new Map();
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
