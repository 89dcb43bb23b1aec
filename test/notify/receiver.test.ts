/** The queue of a receiver, with a fake clock. */
import { describe, expect, test } from "bun:test";
import type { DeliveryRecord } from "../../src/domain/notify.ts";
import { ROOM, Receiver, type Send, type Sent } from "../../src/notify/receiver.ts";
import { FakeClock } from "../fakes/clock.ts";
import { FakeKeepsakes } from "../fakes/keepsakes.ts";
import { turn } from "../fakes/supervisor.ts";
import { notice } from "./facts.ts";

const OK: Sent = { status: 200, reason: null };
const NO: Sent = { status: 500, reason: "it answers 500" };

function make({
  clock = new FakeClock(),
  keepsakes = new FakeKeepsakes(),
  attempts = 4,
  maxQueue = 100,
  answer = (): Sent | Promise<Sent> => OK,
}: {
  clock?: FakeClock;
  keepsakes?: FakeKeepsakes;
  attempts?: number;
  maxQueue?: number;
  answer?: (text: string, signal: AbortSignal) => Sent | Promise<Sent>;
} = {}) {
  const sent: string[] = [];
  const ids: string[] = [];
  const log: string[] = [];
  let n = keepsakes.kept(ROOM).length;
  const send: Send = async (id, { text }, signal) => {
    sent.push(text);
    ids.push(id);
    return await answer(text, signal);
  };
  const about = { name: "hook", kind: "webhook", target: "x", template: "json", signed: false } as const;
  const kept = keepsakes.kept(ROOM).map(([, value]) => JSON.parse(value) as DeliveryRecord);
  const receiver = new Receiver(
    {
      about: { ...about, events: ["failed"], tasks: null },
      retry: { attempts, firstMs: 1000, maxMs: 4000 },
      maxQueue,
      send,
      keepsakes,
      clock,
      random: () => 1,
      newId: () => `id${String(++n).padStart(4, "0")}`,
      log: (_, text) => log.push(text),
    },
    kept,
  );
  const pass = async (ms = 0) => {
    for (let i = 0; i < 5; i++) {
      clock.advance(i === 0 ? ms : 0);
      await turn();
    }
  };
  return { receiver, clock, keepsakes, sent, ids, log, pass };
}

describe("a receiver", () => {
  test("gets nothing in the turn in which it happens, and each once", async () => {
    const { receiver, keepsakes, sent, pass } = make();
    for (const text of ["a", "b", "c"]) receiver.take(notice("web", text));
    expect(sent).toEqual([]);
    await pass();
    expect(sent).toEqual(["a", "b", "c"]);
    expect(keepsakes.kept(ROOM)).toEqual([]);
    expect(receiver.state()).toMatchObject({ queued: 0, delivered: 3, nextAt: null });
  });

  test("that does not take it is tried again after longer and longer pauses, in order, under the same id", async () => {
    let works = false;
    const { receiver, sent, ids, log, pass } = make({ answer: () => (works ? OK : NO) });
    receiver.take(notice("web", "a"));
    receiver.take(notice("web", "b"));
    await pass();
    expect(sent).toEqual(["a"]);
    await pass(999);
    expect(sent).toEqual(["a"]);
    await pass(1);
    expect(sent).toEqual(["a", "a"]);
    await pass(1999);
    expect(sent.length).toBe(2);
    works = true;
    await pass(1);
    expect(sent).toEqual(["a", "a", "a", "b"]);
    expect(new Set(ids).size).toBe(2);
    expect(log).toEqual([
      "Webhook hook does not take messages, they wait: it answers 500",
      "Webhook hook takes messages again",
    ]);
  });

  test("that does not take those of one task gets the others", async () => {
    const { receiver, sent, pass } = make({ answer: (text) => (text === "bad" ? NO : OK) });
    for (const [task, text] of [
      ["web", "bad"],
      ["web", "after"],
      ["db", "good"],
      [null, "service"],
    ] as const)
      receiver.take(notice(task, text));
    await pass();
    expect(sent.toSorted()).toEqual(["bad", "good", "service"]);
  });

  test("that asks for time is given it", async () => {
    const { receiver, sent, pass } = make({ answer: () => ({ ...NO, retryAfterMs: 60_000 }) });
    receiver.take(notice("web", "a"));
    await pass();
    await pass(59_999);
    expect(sent.length).toBe(1);
    await pass(1);
    expect(sent.length).toBe(2);
  });

  test("that never takes it has it put aside, and what comes after it goes out", async () => {
    const { receiver, sent, pass } = make({ attempts: 2, answer: (text) => (text === "bad" ? NO : OK) });
    receiver.take(notice("web", "bad"));
    receiver.take(notice("web", "good"));
    await pass();
    await pass(1000);
    expect(sent).toEqual(["bad", "bad", "good"]);
    expect(receiver.deadLetters()).toMatchObject([{ attempts: 2, dead: { reason: "it answers 500" } }]);
  });

  test("gets a dead letter again when somebody asks, before later ones", async () => {
    let works = false;
    const { receiver, sent, pass } = make({ attempts: 1, answer: () => (works ? OK : NO) });
    receiver.take(notice("web", "a"));
    await pass();
    const [letter] = receiver.deadLetters();
    works = true;
    receiver.take(notice("web", "b"));
    expect(() => receiver.retry("nobody")).toThrow("There is no such dead letter");
    expect(receiver.retry(letter?.id ?? "")).toMatchObject({ attempts: 0, dead: null });
    await pass();
    expect(sent).toEqual(["a", "a", "b"]);
    expect(receiver.deadLetters()).toEqual([]);
  });

  test("for which too many wait keeps the newest; the others are put aside, and counted", async () => {
    const { receiver, log, pass } = make({ maxQueue: 3, answer: () => NO });
    for (let i = 0; i < 300; i++) receiver.take(notice("web", `${i}`));
    expect(receiver.state()).toMatchObject({ queued: 3, dead: 200, dropped: 97 });
    expect(log.length).toBe(1);
    await pass();
  });

  test("of a service that was killed gets what waited, and nothing twice", async () => {
    const first = make({ answer: (text) => (text === "a" ? OK : new Promise<Sent>(() => undefined)) });
    for (const text of ["a", "b", "c"]) first.receiver.take(notice("web", text));
    await first.pass();
    expect(first.sent).toEqual(["a", "b"]);
    first.clock.forget();
    const next = make({ clock: first.clock, keepsakes: first.keepsakes });
    await next.pass();
    expect(next.sent).toEqual(["b", "c"]);
    expect(next.ids[0]).toBe(first.ids[1] ?? "");
  });

  test("keeps the end of the service waiting for what is under way, but not for long", async () => {
    const { receiver, keepsakes, clock, sent, pass } = make({
      answer: (text, signal) =>
        text === "a"
          ? OK
          : new Promise((resolve) =>
              signal.addEventListener("abort", () => resolve({ ...NO, status: null })),
            ),
    });
    for (const text of ["a", "b", "c"]) receiver.take(notice("web", text));
    await pass();
    const closed = receiver.close();
    expect(await Promise.race([closed, Promise.resolve("open")])).toBe("open");
    clock.advance(3000);
    await closed;
    expect(sent).toEqual(["a", "b"]);
    expect(keepsakes.kept(ROOM).length).toBe(2);
  });

  test("that is told more while the service ends has it from the next one", async () => {
    const first = make();
    await first.receiver.close();
    first.receiver.take(notice("web", "late"));
    await first.pass();
    expect(first.sent).toEqual([]);
    const next = make({ clock: first.clock, keepsakes: first.keepsakes });
    await next.pass();
    expect(next.sent).toEqual(["late"]);
  });
});
