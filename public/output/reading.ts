/** A part of an output as it is read: what the views show, whichever way it is read. */
import type { Store } from "../state/store.ts";
import type { Transcript } from "./transcript.ts";

/** Whether there is more beyond an edge of what is shown. */
export type Beyond =
  | { kind: "nothing" }
  | { kind: "more" }
  | { kind: "loading" }
  /** The page holds as much as it can. */
  | { kind: "full" }
  | { kind: "failed"; trouble: string };

export type Shown = {
  phase: "loading" | "ready" | "failed";
  trouble: string | null;
  transcript: Transcript;
  earlier: Beyond;
  later: Beyond;
  /** What comes is shown as it comes; null where nothing is followed. */
  following: boolean | null;
  /** Lines that have come while it was not. */
  unseen: number;
  /** The line that was asked for. */
  marked: number | null;
};

export type Reading = {
  view: Store<Shown>;
  /** Whether the newest line is in sight, and is to stay so. */
  pin: (pinned: boolean) => void;
  loadEarlier: () => void;
  loadLater: () => void;
  stop: () => void;
};

/** How many lines are read at once. */
export const PAGE_LINES = 1_000;
/** How many are held. */
export const MOST_LINES = 50_000;
