import { describe, expect, test } from "bun:test";
import type { Fact } from "../../src/domain/fact.ts";
import { Feed, type Item } from "../../src/plugins/feed.ts";

const factOf = (id: number, task = "web"): Fact => ({
  id,
  time: "",
  kind: "task.started",
  task,
  user: null,
  group: null,
});

interface Setting {
  readonly stored?: number;
  readonly position?: number | null;
  readonly maxQueue?: number;
  readonly maxReplay?: number;
}

function makeFeed({ stored = 0, position = null, ...limits }: Setting = {}) {
  const archive = Array.from({ length: stored }, (_, index) => factOf(index + 1));
  const noted: number[] = [];
  const feed = new Feed({
    archive: { facts: ({ after = 0, limit }) => archive.filter(({ id }) => id > after).slice(0, limit) },
    position,
    last: stored,
    note: (at) => noted.push(at),
    taskOf: () => null,
    ...limits,
  });
  /** Tells it of facts as they happen, and stores them. */
  const happen = (...ids: number[]) => {
    for (const id of ids) {
      archive.push(factOf(id));
      feed.offer(factOf(id), null);
    }
  };
  /** Takes all that there is, and deals with it if that is asked for. */
  const takeAll = (done = true): Item[] => {
    const taken: Item[] = [];
    while (feed.waiting) taken.push(...feed.take(100));
    if (done) for (const item of taken) if ("fact" in item) feed.done(item.fact.id);
    return taken;
  };
  return { feed, noted, happen, takeAll };
}

const shown = (items: Item[]) =>
  items.map((item) => {
    if ("missed" in item)
      return `${item.missed.from}-${item.missed.to} ${item.missed.again ? "again" : "gone"}`;
    return item.again ? `${item.fact.id} again` : item.fact.id;
  });

describe("a feed", () => {
  test("of a companion that is new begins now", () => {
    const { happen, takeAll } = makeFeed({ stored: 5 });
    happen(6, 7);
    expect(shown(takeAll())).toEqual([6, 7]);
  });

  test("begins with what may have been missed, says so, and goes on with what came meanwhile", () => {
    const { happen, takeAll, noted } = makeFeed({ stored: 5, position: 3 });
    happen(6);
    expect(shown(takeAll())).toEqual(["4-5 again", "4 again", "5 again", 6]);
    expect(noted).toEqual([4, 5, 6]);
  });

  test("says nothing of what was missed and not wanted", () => {
    const { feed, happen, takeAll } = makeFeed({ stored: 5, position: 3 });
    feed.want(({ id }) => id > 5);
    happen(6);
    expect(shown(takeAll())).toEqual([6]);
  });

  test("does not go back further than is bearable", () => {
    const { takeAll } = makeFeed({ stored: 1000, position: 0, maxReplay: 2 });
    expect(shown(takeAll())).toEqual(["1-998 gone", "999-1000 again", "999 again", "1000 again"]);
  });

  test("keeps so much, drops the oldest, and counts and tells it", () => {
    const { feed, happen, takeAll } = makeFeed({ maxQueue: 10 });
    happen(...Array.from({ length: 12 }, (_, index) => index + 1));
    expect(feed.state.dropped).toBe(2);
    expect(shown(takeAll())).toEqual(["1-2 gone", 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  });

  test("tells again what was not dealt with when a process ended, but for what may have ended it", () => {
    const { feed, happen, takeAll, noted } = makeFeed();
    happen(1, 2, 3);
    feed.take(100);
    feed.done(1);
    feed.back(true);
    happen(4);
    expect(shown(takeAll())).toEqual(["2-2 gone", "3-3 again", "3 again", 4]);
    expect(noted).toEqual([0, 1, 2, 3, 4]);
  });

  test("goes back in the store if the process ended in the middle of what was missed", () => {
    const { feed, happen, takeAll } = makeFeed({ stored: 120, position: 0 });
    feed.take(100);
    feed.done(1);
    feed.back(false);
    happen(121);
    const told = shown(takeAll());
    expect(told[0]).toBe("2-120 again");
    expect(told.slice(1)).toEqual([...Array.from({ length: 119 }, (_, index) => `${index + 2} again`), 121]);
  });

  test("holds nothing while it rests, and reads it when it wakes", () => {
    const { feed, happen, takeAll } = makeFeed();
    happen(1);
    takeAll();
    feed.rest();
    happen(2, 3);
    expect(feed.queued).toBe(0);
    feed.wake();
    expect(shown(takeAll())).toEqual(["2-3 again", "2 again", "3 again"]);
  });

  test("takes answers in their order only", () => {
    const { feed, happen } = makeFeed();
    happen(1, 2);
    feed.take(100);
    expect([feed.done(2), feed.done(1), feed.done(1), feed.done(2)]).toEqual([false, true, false, true]);
  });

  test("that has nothing to tell notes at its end where it is", () => {
    const { feed, happen, noted } = makeFeed();
    feed.want(() => false);
    happen(1, 2);
    feed.settle();
    expect(noted).toEqual([0, 2]);
  });
});
