/**
 * Follows one replica's output: reads the newest, then takes what comes. What has come is drawn once per
 * frame, and only while `pinned`: somebody who has scrolled up reads undisturbed, the rest waits, bounded.
 */
import { messageOf } from "../api/http.ts";
import { readOutput } from "../api/output.ts";
import { createStore, type Store } from "../state/store.ts";
import { bytesInWords } from "../words/bytes.ts";
import { createPace } from "./pace.ts";
import { type Arrival, createPending } from "./pending.ts";
import { receiveOutput } from "./receive.ts";
import { append, appendNotice, EMPTY, prepend, refill, type Transcript, trimmed } from "./transcript.ts";

const KEEP_LINES = 5_000;
/** Kept of a flood, of which nobody reads more than the end. */
const KEEP_OF_FLOOD = 1_000;
const MOST_LINES = 50_000;

export type Following = {
  phase: "loading" | "live" | "failed";
  trouble: string | null;
  transcript: Transcript;
  /** There is earlier output that can be loaded. */
  more: boolean;
  loadingEarlier: boolean;
  /** Lines that have come while not pinned. */
  unseen: number;
};

export type Follower = {
  view: Store<Following>;
  pin: (pinned: boolean) => void;
  loadEarlier: () => void;
  stop: () => void;
};

const START: Following = {
  phase: "loading",
  trouble: null,
  transcript: EMPTY,
  more: false,
  loadingEarlier: false,
  unseen: 0,
};

export function followOutput(name: string, replica: number): Follower {
  const view = createStore<Following>(START);
  const ended = new AbortController();
  const pending = createPending();
  let pinned = true;

  const set = (change: Partial<Following>) => view.update((now) => ({ ...now, ...change }));
  const fail = (error: unknown) => {
    if (!ended.signal.aborted) set({ phase: "failed", trouble: messageOf(error), loadingEarlier: false });
  };
  const draw = () => {
    if (!pinned) return set({ unseen: pending.lines() });
    const keep = pending.lines() > KEEP_OF_FLOOD ? KEEP_OF_FLOOD : KEEP_LINES;
    const longer = pending.take().reduce((now, arrival) => arrive(now, arrival, keep), view.get().transcript);
    const transcript = trimmed(longer, keep);
    set({ transcript, unseen: 0, phase: "live", more: view.get().more || transcript.cut });
  };
  const pace = createPace(draw);

  const readEarlier = async () => {
    const mark = view.get().transcript.marks[0];
    const earlier = await readOutput(
      name,
      replica,
      mark?.position ?? view.get().transcript.end,
      ended.signal,
    );
    const text = new TextDecoder().decode(earlier.bytes);
    const now = view.get().transcript;
    const transcript = mark ? prepend(now, mark, text, earlier.from) : refill(now, text, earlier.from);
    set({ transcript, more: earlier.more && transcript.lineCount < MOST_LINES, loadingEarlier: false });
  };

  void receiveOutput(name, replica, ended.signal, {
    newest: (more) => set({ more }),
    arrival: (arrival) => {
      pending.add(arrival);
      pace.request();
    },
  }).catch(fail);

  return {
    view,
    loadEarlier: () => {
      if (view.get().loadingEarlier) return;
      set({ loadingEarlier: true });
      void readEarlier().catch(fail);
    },
    pin: (next) => {
      if (pinned === next) return;
      pinned = next;
      if (next) pace.request();
    },
    stop: () => {
      ended.abort();
      pace.stop();
    },
  };
}

function arrive(now: Transcript, arrival: Arrival, keep: number): Transcript {
  if (arrival.kind === "text") return append(now, arrival, keep);
  return appendNotice(now, `${bytesInWords(arrival.bytes)} came too fast to be shown; the download has them`);
}
