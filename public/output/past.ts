/** Reads what has been written, without following it: what matches a search, a time, the surroundings of a line. */
import { messageOf } from "../api/http.ts";
import type { OutputFilter } from "../api/output.ts";
import { createStore } from "../state/store.ts";
import { beyond } from "./follower.ts";
import { type Line, type RawLine, shownText } from "./lines.ts";
import { type LinePage, readEarlier, readLater, readPage } from "./page-lines.ts";
import { PAGE_LINES, type Reading, type Shown } from "./reading.ts";
import { appendLines, EMPTY, linesOf, prependLines, type Transcript } from "./transcript.ts";

/** Where to begin: with the first lines that match, with the newest, or around a line. */
export type Anchor = { kind: "first" } | { kind: "newest" } | { kind: "around"; line: Line };

/** Lines of one time may be many; that of the line itself is read as far as this. */
const MOST_BEFORE = 20_000;

const START: Shown = {
  phase: "loading",
  trouble: null,
  transcript: EMPTY,
  earlier: { kind: "nothing" },
  later: { kind: "nothing" },
  following: null,
  unseen: 0,
  marked: null,
};

export function readPast(name: string, filter: OutputFilter, anchor: Anchor): Reading {
  const view = createStore<Shown>(START);
  const { signal, abort } = abortable();
  const set = (change: Partial<Shown>) => view.update((now) => ({ ...now, ...change }));

  begin(name, filter, anchor, signal).then(
    (begun) => set({ ...begun, phase: "ready" }),
    (error: unknown) => {
      if (!signal.aborted) set({ phase: "failed", trouble: messageOf(error) });
    },
  );

  /** Loads a page beyond one of the edges, once at a time. */
  const load = async (
    side: "earlier" | "later",
    read: typeof readEarlier,
    add: (now: Transcript, lines: readonly RawLine[]) => Transcript,
  ) => {
    const { kind } = view.get()[side];
    if (kind !== "more" && kind !== "failed") return;
    set({ [side]: { kind: "loading" } });
    try {
      const { lines, more } = await read(name, filter, view.get().transcript, signal);
      const transcript = add(view.get().transcript, lines);
      set({ transcript, [side]: beyond(more, transcript.lineCount) });
    } catch (error) {
      if (!signal.aborted) set({ [side]: { kind: "failed", trouble: messageOf(error) } });
    }
  };

  return {
    view,
    pin: () => undefined,
    loadEarlier: () => void load("earlier", readEarlier, prependLines),
    loadLater: () => void load("later", readLater, appendLines),
    stop: abort,
  };
}

type Begun = Pick<Shown, "transcript" | "earlier" | "later" | "marked">;

async function begin(
  name: string,
  filter: OutputFilter,
  anchor: Anchor,
  signal: AbortSignal,
): Promise<Begun> {
  if (anchor.kind === "around") return around(name, filter, anchor.line, signal);
  const first = anchor.kind === "first";
  const page = await readPage(name, filter, first ? { limit: PAGE_LINES } : { tail: PAGE_LINES }, signal);
  const transcript = appendLines(EMPTY, page.lines);
  const more = beyond(page.more, transcript.lineCount);
  const nothing = { kind: "nothing" } as const;
  return { transcript, marked: null, earlier: first ? nothing : more, later: first ? more : nothing };
}

/** What stands before and after a line; the line itself is marked. */
async function around(name: string, filter: OutputFilter, line: Line, signal: AbortSignal): Promise<Begun> {
  const next = new Date((line.time ?? 0) + 1).toISOString();
  const upTo = (tail: number) => readPage(name, { ...filter, until: next }, { tail }, signal);
  const [near, after] = await Promise.all([
    upTo(PAGE_LINES / 2),
    readPage(name, { ...filter, since: next }, { limit: PAGE_LINES / 2 }, signal),
  ]);
  const has = (page: LinePage) => page.lines.some((one) => isSame(one, line));
  const before = has(near) || !near.more ? near : await upTo(MOST_BEFORE);
  const transcript = appendLines(EMPTY, [...before.lines, ...after.lines]);
  return {
    transcript,
    marked: linesOf(transcript).findLast((one) => isSame(one, line))?.id ?? null,
    earlier: beyond(before.more, transcript.lineCount),
    later: beyond(after.more, transcript.lineCount),
  };
}

function isSame(one: RawLine, line: Line): boolean {
  return one.time === line.time && one.replica === line.replica && shownText(one.text) === line.text;
}

function abortable(): { signal: AbortSignal; abort: () => void } {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}
