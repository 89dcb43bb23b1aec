/**
 * Follows output: the newest, then what comes. What has come is drawn once per frame, and only while `pinned`:
 * somebody who has scrolled up reads undisturbed, the rest waits, bounded.
 */
import { messageOf } from "../api/http.ts";
import type { OutputFilter } from "../api/output.ts";
import { createStore } from "../state/store.ts";
import { createPace } from "./pace.ts";
import { readEarlier } from "./page-lines.ts";
import { createPending } from "./pending.ts";
import { type Beyond, MOST_LINES, PAGE_LINES, type Reading, type Shown } from "./reading.ts";
import { receiveOutput } from "./receive.ts";
import { append, EMPTY, prependLines, trimmed } from "./transcript.ts";

const KEEP_LINES = 5_000;
/** So many lines between two frames are a flood, of which nobody reads more than the end. */
const FLOOD_LINES = 1_000;
const KEEP_OF_FLOOD = 200;

const START: Shown = {
  phase: "loading",
  trouble: null,
  transcript: EMPTY,
  earlier: { kind: "nothing" },
  later: { kind: "nothing" },
  following: true,
  unseen: 0,
  marked: null,
};

export function followOutput(name: string, filter: OutputFilter): Reading {
  const view = createStore<Shown>(START);
  const ended = new AbortController();
  const pending = createPending();
  let pinned = true;
  /** Everything that is kept has been loaded; only what is cut off the top after that can be read again. */
  let begun = false;

  const set = (change: Partial<Shown>) => view.update((now) => ({ ...now, ...change }));
  const draw = () => {
    if (!pinned) return set({ unseen: pending.lines() });
    const keep = pending.lines() > FLOOD_LINES ? KEEP_OF_FLOOD : KEEP_LINES;
    const before = view.get().transcript;
    const transcript = trimmed(append(before, pending.take(), keep), keep);
    if (transcript.cut) begun = false;
    const maybeMore = !begun && (transcript.cut || transcript.lineCount >= PAGE_LINES);
    const { earlier } = view.get();
    set({
      transcript,
      unseen: 0,
      earlier: maybeMore && earlier.kind === "nothing" ? { kind: "more" } : earlier,
    });
  };
  const pace = createPace(draw);

  const loadEarlier = async () => {
    const asked = view.get().transcript;
    const { lines, more } = await readEarlier(name, filter, asked, ended.signal);
    const now = view.get().transcript;
    // What was read belongs before a line that has been cut off meanwhile.
    if (now.blocks[0]?.lines[0] !== asked.blocks[0]?.lines[0]) return set({ earlier: { kind: "more" } });
    const transcript = prependLines(now, lines);
    begun = !more;
    set({ transcript, earlier: beyond(more, transcript.lineCount) });
  };

  receiveOutput(name, filter, PAGE_LINES, ended.signal, {
    open: () => set({ phase: "ready", trouble: null }),
    arrival: (arrival) => {
      pending.add(arrival);
      pace.request();
    },
    refused: (error) => set({ phase: "failed", trouble: messageOf(error) }),
  });

  return {
    view,
    loadEarlier: () => {
      const { kind } = view.get().earlier;
      if (kind !== "more" && kind !== "failed") return;
      set({ earlier: { kind: "loading" } });
      loadEarlier().catch((error: unknown) => {
        if (!ended.signal.aborted) set({ earlier: { kind: "failed", trouble: messageOf(error) } });
      });
    },
    loadLater: () => undefined,
    pin: (next) => {
      if (pinned === next) return;
      pinned = next;
      set({ following: next });
      if (next) pace.request();
    },
    stop: () => {
      ended.abort();
      pace.stop();
    },
  };
}

/** Whether to offer more, of which the page can hold only so much. */
export function beyond(more: boolean, lineCount: number): Beyond {
  if (!more) return { kind: "nothing" };
  return { kind: lineCount < MOST_LINES ? "more" : "full" };
}
