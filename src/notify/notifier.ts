/**
 * Tells people what happens. It owns what is known of failing tasks and hands what is worth telling to the receivers; each
 * of these has a queue of its own. It hears of facts like any other subscriber and never keeps one waiting.
 */
import { MeprocError } from "../domain/errors.ts";
import type { Fact } from "../domain/fact.ts";
import type {
  Attempt,
  DeliveryRecord,
  Notice,
  Notifications,
  NotifyEvent,
  ReceiverState,
} from "../domain/notify.ts";
import type { Cancel, Clock, Keepsakes } from "../domain/ports.ts";
import { type Episode, afterFact, afterTime, dueAt, isOver } from "./episodes.ts";
import type { Receiver } from "./receiver.ts";
import { Throttle } from "./throttle.ts";
import { factNotice, plainNotice } from "./words.ts";

const ROOM = "episodes";

export interface NotifierOptions {
  readonly receivers: readonly Receiver[];
  readonly clock: Clock;
  readonly keepsakes: Keepsakes;
}

export class Notifier implements Notifications {
  readonly #receivers: ReadonlyMap<string, Receiver>;
  readonly #clock: Clock;
  readonly #keepsakes: Keepsakes;
  readonly #episodes = new Map<string, Episode>();
  readonly #throttle = new Throttle();
  /** Facts that somebody wants one by one. */
  readonly #plainEvents: ReadonlySet<string>;
  #timer: { readonly due: number; readonly cancel: Cancel } | null = null;
  #closed = false;

  constructor({ receivers, clock, keepsakes }: NotifierOptions) {
    this.#receivers = new Map(receivers.map((receiver) => [receiver.name, receiver]));
    this.#clock = clock;
    this.#keepsakes = keepsakes;
    const events = receivers.flatMap((receiver) => receiver.state().events);
    this.#plainEvents = new Set(events.filter((event) => event.includes(".")));
    for (const [task, value] of keepsakes.kept(ROOM))
      this.#episodes.set(task, withoutTimes(JSON.parse(value) as Episode));
    this.#arm();
  }

  /** To be called with each fact, before the next one. */
  take(fact: Fact): void {
    const now = this.#clock.now().wall;
    if (this.#plainEvents.has(fact.kind)) this.#tell([factNotice(fact, fact.kind as NotifyEvent)]);
    const plain = plainNotice(fact);
    if (plain !== null) this.#tell(this.#throttle.take(plain, now));
    if ("task" in fact) {
      const before = this.#episodes.get(fact.task) ?? null;
      const { episode, notices } = afterFact(before, fact, now);
      this.#tell(notices);
      if (episode !== before) this.#keep(fact.task, episode);
      else if (plain === null) return;
    }
    this.#arm();
  }

  receivers(): ReceiverState[] {
    return [...this.#receivers.values()].map((receiver) => receiver.state());
  }

  deadLetters(name: string): readonly DeliveryRecord[] {
    return this.#get(name).deadLetters();
  }

  test(name: string): Promise<Attempt> {
    return this.#get(name).test({
      event: "test",
      level: "info",
      time: new Date(this.#clock.now().wall).toISOString(),
      task: null,
      alias: null,
      text: `This is a test of ${name}`,
      reason: null,
      count: 1,
      fact: null,
    });
  }

  retry(name: string, id: string): DeliveryRecord {
    return this.#get(name).retry(id);
  }

  /** Sends nothing any more; what it is still told is kept for the next service. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    await Promise.all([...this.#receivers.values()].map((receiver) => receiver.close()));
  }

  #get(name: string): Receiver {
    const receiver = this.#receivers.get(name);
    if (receiver === undefined) throw new MeprocError("not_found", `There is no webhook named ${name}`);
    return receiver;
  }

  #tell(notices: readonly Notice[]): void {
    for (const notice of notices)
      for (const receiver of this.#receivers.values()) if (receiver.wants(notice)) receiver.take(notice);
  }

  #keep(task: string, episode: Episode | null): void {
    if (episode === null) this.#episodes.delete(task);
    else this.#episodes.set(task, episode);
    this.#keepsakes.keep(ROOM, task, episode === null ? null : JSON.stringify(episode));
  }

  #look(): void {
    const now = this.#clock.now().wall;
    for (const [task, episode] of this.#episodes) {
      if (isOver(episode, now)) {
        this.#keep(task, null);
        continue;
      }
      const step = afterTime(episode, task, now);
      if (step.episode !== episode) this.#keep(task, step.episode);
      this.#tell(step.notices);
    }
    this.#tell(this.#throttle.due(now));
    this.#arm();
  }

  #arm(): void {
    if (this.#closed) return;
    const { mono, wall } = this.#clock.now();
    const times = [...this.#episodes.values()].map(dueAt);
    const dues = [...times, this.#throttle.dueAt()].filter((each) => each !== null);
    const due = dues.length === 0 ? Number.POSITIVE_INFINITY : mono + Math.max(0, Math.min(...dues) - wall);
    // the later look is not worth a new timer at each fact
    if (this.#timer !== null && this.#timer.due <= due) return;
    this.#timer?.cancel();
    this.#timer = null;
    if (due === Number.POSITIVE_INFINITY) return;
    const cancel = this.#clock.at(due, () => {
      this.#timer = null;
      this.#look();
    });
    this.#timer = { due, cancel };
  }
}

/** What ran when the last service ended may have ended since: it is taken over, or started again, and that is told. */
function withoutTimes(episode: Episode): Episode {
  return {
    ...episode,
    failing: Object.fromEntries(Object.keys(episode.failing).map((alias) => [alias, null])),
  };
}
