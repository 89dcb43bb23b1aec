import { describe, expect, test } from "bun:test";
import { whenDone } from "../helpers/cleanup.ts";
import { until } from "../helpers/until.ts";
import { serveApi } from "./api-app.ts";

interface Event {
  readonly event: string;
  readonly id: string | null;
  readonly data: Record<string, unknown>;
}

/** Reads a stream of events; `events` grows as they come. */
async function listen(answer: Promise<Response>) {
  const events: Event[] = [];
  const response = await answer;
  const reader = response.body?.getReader();
  if (reader === undefined) throw new Error("There is no stream");
  whenDone(() => reader.cancel());
  let text = "";
  const read = async () => {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      text += new TextDecoder().decode(next.value);
      const parts = text.split("\n\n");
      text = parts.pop() ?? "";
      events.push(...parts.flatMap(eventOf));
    }
  };
  void read();
  return events;
}

function eventOf(part: string): Event[] {
  const fields = Object.fromEntries(part.split("\n").map((line) => line.split(/: (.*)/s, 2)));
  const { event, id, data } = fields as Record<string, string | undefined>;
  return event === undefined
    ? []
    : [{ event, id: id ?? null, data: JSON.parse(data ?? "{}") as Event["data"] }];
}

const stopped = (task: string) => ({ kind: "task.stopped", task }) as const;
const idsOf = (events: readonly Event[]) => events.map(({ id }) => Number(id));

describe("the stream of facts", () => {
  test("gives each fact with all that every fact has", async () => {
    const { ask, tell, readers } = await serveApi();
    const events = await listen(ask("/events"));
    await until(() => readers.size === 1, "it is being listened to");
    tell({ kind: "task.removed", task: "web", actor: "api" });
    await until(() => events.length === 1, "the fact has come");
    expect(events).toEqual([
      {
        event: "fact",
        id: "1",
        data: {
          id: 1,
          time: "2026-11-22T12:00:00.000Z",
          kind: "task.removed",
          task: "web",
          alias: null,
          from: null,
          to: null,
          reason: null,
          actor: "api",
        },
      },
    ]);
  });

  test("begins with what was missed, and goes on without a gap or a fact twice", async () => {
    const { ask, tell } = await serveApi();
    for (let n = 0; n < 1300; n++) tell(stopped("web"));
    const events = await listen(ask("/events", { headers: { "last-event-id": "100" } }));
    for (let n = 0; n < 20; n++) tell(stopped("web"));
    await until(() => events.length >= 1220, "all have come");
    expect(idsOf(events)).toEqual(Array.from({ length: 1220 }, (_, i) => i + 101));
  });

  test("is of one task where that is asked for", async () => {
    const { ask, tell, readers } = await serveApi();
    for (let n = 0; n < 10; n++) tell(stopped(n % 2 === 0 ? "web" : "mail"));
    const events = await listen(ask("/events?task=mail&after=2"));
    await until(() => readers.size === 1, "it is being listened to");
    tell(stopped("web"));
    tell(stopped("mail"));
    await until(() => events.length >= 5, "all have come");
    expect(idsOf(events)).toEqual([4, 6, 8, 10, 12]);
  });

  test("says how much of the past is not kept any more", async () => {
    const { ask, tell, store, clock } = await serveApi();
    for (let n = 0; n < 30; n++) tell(stopped("web"));
    clock.advance(1000);
    for (let n = 0; n < 20; n++) tell(stopped("web"));
    store.prune({ maxRunsPerTask: 1, before: clock.now().wall, batch: 100 });
    const events = await listen(ask("/events?after=1"));
    await until(() => events.at(-1)?.id === "50", "all have come");
    expect(events[0]).toEqual({ event: "gap", id: null, data: { missed_facts: 29 } });
    expect(idsOf(events.slice(1))).toEqual(Array.from({ length: 20 }, (_, i) => i + 31));
  });
});
