/**
 * One receiver and what waits for it. Of each task the notices go out in their order, one after the other: one that is not
 * taken is tried again after longer and longer pauses, and holds back those of its task alone. What waits is kept, so that
 * each is delivered at least once, over a kill of the service too; one that was answered in time is not sent again.
 */
import { matches } from "../domain/glob.ts";
import { MeprocError } from "../domain/errors.ts";
import type { Attempt, DeliveryRecord, Notice, NotifyEvent, ReceiverState } from "../domain/notify.ts";
import type { Cancel, Clock, Keepsakes } from "../domain/ports.ts";

/** Where what waits is kept. */
export const ROOM = "deliveries";
/** So many deliveries of a receiver are under way at the same time, each of another task. */
const AT_ONCE = 4;
const MAX_DEAD = 200;
const LONGEST_WISH_MS = 3_600_000;
/** How long the end of the service waits for what is under way. */
const GRACE_MS = 3000;

/** What came of a try; `retryAfterMs` is what the receiver asks for. */
export interface Sent {
  readonly status: number | null;
  /** `null` if it was taken. */
  readonly reason: string | null;
  readonly retryAfterMs?: number;
}

/** Never rejects; settles in time. */
export type Send = (id: string, notice: Notice, signal: AbortSignal) => Promise<Sent>;

export interface ReceiverOptions {
  readonly about: Pick<
    ReceiverState,
    "name" | "kind" | "target" | "template" | "events" | "tasks" | "signed"
  >;
  readonly retry: { readonly attempts: number; readonly firstMs: number; readonly maxMs: number };
  readonly maxQueue: number;
  readonly send: Send;
  readonly keepsakes: Keepsakes;
  readonly clock: Clock;
  readonly random: () => number;
  /** Ids that sort by the time of their making. */
  readonly newId: () => string;
  readonly log: (level: "info" | "warn" | "error", text: string) => void;
}

interface Waiting {
  record: DeliveryRecord;
  /** On the monotonic clock. */
  dueMono: number;
  underWay: boolean;
}

export class Receiver {
  readonly #options: ReceiverOptions;
  readonly #events: ReadonlySet<NotifyEvent>;
  /** By task, in the order in which they go out; what concerns the service itself is a row too. */
  readonly #rows = new Map<string, Waiting[]>();
  readonly #dead: DeliveryRecord[] = [];
  readonly #abort = new AbortController();
  readonly #underWay = new Set<Promise<void>>();
  #queued = 0;
  #delivered = 0;
  #dropped = 0;
  #last: Attempt | null = null;
  #timer: { readonly due: number; readonly cancel: Cancel } | null = null;
  #resting = false;
  #failing = false;
  #full = false;

  constructor(options: ReceiverOptions, kept: readonly DeliveryRecord[]) {
    this.#options = options;
    this.#events = new Set(options.about.events);
    const { clock, retry } = options;
    const { mono, wall } = clock.now();
    for (const record of kept)
      if (record.dead !== null) this.#dead.push(record);
      else {
        const longest = Math.max(retry.maxMs, LONGEST_WISH_MS);
        this.#add(record, mono + Math.min(longest, Math.max(0, record.dueAt - wall)));
      }
    this.#arm();
  }

  get name(): string {
    return this.#options.about.name;
  }

  wants({ event, task }: Notice): boolean {
    const { tasks } = this.#options.about;
    if (!this.#events.has(event)) return false;
    return task === null || tasks === null || tasks.some((glob) => matches(glob, task));
  }

  /** Puts it into the queue. Nothing is sent in this turn. */
  take(notice: Notice): void {
    const { clock, maxQueue, newId } = this.#options;
    const { mono, wall } = clock.now();
    if (this.#queued >= maxQueue) this.#putAsideOldest();
    const record = { id: newId(), notice, createdAt: wall, attempts: 0, dueAt: wall, dead: null };
    this.#keep(record);
    this.#add(record, mono);
    this.#arm();
  }

  state(): ReceiverState {
    const waits = [...this.#rows.values()].flatMap(([head]) =>
      head?.underWay === false ? [head.dueMono] : [],
    );
    const { mono, wall } = this.#options.clock.now();
    return {
      ...this.#options.about,
      queued: this.#queued,
      dead: this.#dead.length,
      delivered: this.#delivered,
      dropped: this.#dropped,
      last: this.#last,
      nextAt: waits.length === 0 ? null : wall + Math.max(0, Math.round(Math.min(...waits) - mono)),
    };
  }

  deadLetters(): readonly DeliveryRecord[] {
    return this.#dead;
  }

  /** Sends past the queue, once. */
  async test(notice: Notice): Promise<Attempt> {
    const { attempt } = await this.#try(this.#options.newId(), notice);
    return attempt;
  }

  /** Throws MeprocError `not_found`. */
  retry(id: string): DeliveryRecord {
    const at = this.#dead.findIndex((each) => each.id === id);
    const [found] = at < 0 ? [] : this.#dead.splice(at, 1);
    if (found === undefined) throw new MeprocError("not_found", "There is no such dead letter");
    const { mono, wall } = this.#options.clock.now();
    const record = { ...found, attempts: 0, dueAt: wall, dead: null };
    this.#keep(record);
    this.#add(record, mono);
    this.#arm();
    return record;
  }

  /** Begins nothing any more; settles when what is under way has ended or was cut off, to be sent anew by the next service. */
  async close(): Promise<void> {
    this.#resting = true;
    this.#timer?.cancel();
    this.#timer = null;
    if (this.#underWay.size === 0) return;
    const { clock } = this.#options;
    const cancel = clock.at(clock.now().mono + GRACE_MS, () => this.#abort.abort());
    await Promise.all(this.#underWay);
    cancel();
  }

  #add(record: DeliveryRecord, dueMono: number): void {
    const key = keyOf(record);
    const row = this.#rows.get(key) ?? [];
    this.#rows.set(key, row);
    const later = row.findIndex((each) => !each.underWay && each.record.id > record.id);
    row.splice(later < 0 ? row.length : later, 0, { record, dueMono, underWay: false });
    this.#queued++;
  }

  #remove(waiting: Waiting): void {
    const key = keyOf(waiting.record);
    const row = this.#rows.get(key) ?? [];
    const at = row.indexOf(waiting);
    if (at < 0) return;
    row.splice(at, 1);
    this.#queued--;
    if (row.length === 0) this.#rows.delete(key);
  }

  /** The next try is due at the earliest time of the heads of all rows. */
  #arm(): void {
    if (this.#resting) return;
    let due = Number.POSITIVE_INFINITY;
    if (this.#underWay.size < AT_ONCE)
      for (const [head] of this.#rows.values())
        if (head !== undefined && !head.underWay) due = Math.min(due, head.dueMono);
    if (this.#timer?.due === due) return;
    this.#timer?.cancel();
    this.#timer = null;
    if (due === Number.POSITIVE_INFINITY) return;
    const cancel = this.#options.clock.at(due, () => {
      this.#timer = null;
      this.#begin();
    });
    this.#timer = { due, cancel };
  }

  #begin(): void {
    const { mono } = this.#options.clock.now();
    const heads = [...this.#rows.values()].flatMap(([head]) =>
      head !== undefined && !head.underWay && head.dueMono <= mono ? [head] : [],
    );
    heads.sort((a, b) => a.dueMono - b.dueMono);
    // what is sent is on disk: else it could be sent, forgotten and told anew under another id
    this.#options.keepsakes.flush();
    for (const head of heads.slice(0, AT_ONCE - this.#underWay.size)) {
      head.underWay = true;
      const delivery = this.#deliver(head).finally(() => {
        this.#underWay.delete(delivery);
        this.#arm();
      });
      this.#underWay.add(delivery);
    }
    this.#arm();
  }

  async #deliver(waiting: Waiting): Promise<void> {
    const { id, notice } = waiting.record;
    const { attempt, retryAfterMs } = await this.#try(id, notice);
    waiting.underWay = false;
    if (attempt.ok) {
      this.#remove(waiting);
      this.#delivered++;
      this.#works();
      this.#options.keepsakes.keep(ROOM, this.#key(id), null);
      return this.#options.keepsakes.flush();
    }
    if (this.#abort.signal.aborted) return;
    const attempts = waiting.record.attempts + 1;
    const reason = attempt.reason ?? "";
    this.#fails(reason);
    waiting.record = { ...waiting.record, attempts };
    if (attempts >= this.#options.retry.attempts) {
      this.#options.log(
        "error",
        `${this.#words} did not take a message ${attempts} times, it is put aside: ${reason}`,
      );
      return this.#putAside(waiting, reason);
    }
    this.#postpone(waiting, Math.max(this.#pause(attempts), Math.min(retryAfterMs, LONGEST_WISH_MS)));
  }

  async #try(id: string, notice: Notice): Promise<{ attempt: Attempt; retryAfterMs: number }> {
    const { clock, send } = this.#options;
    const begin = clock.now();
    const { status, reason, retryAfterMs = 0 } = await send(id, notice, this.#abort.signal);
    const durationMs = Math.round(clock.now().mono - begin.mono);
    const attempt = { ok: reason === null, at: begin.wall, status, reason, durationMs };
    this.#last = attempt;
    return { attempt, retryAfterMs };
  }

  #postpone(waiting: Waiting, ms: number): void {
    const { mono, wall } = this.#options.clock.now();
    waiting.dueMono = mono + ms;
    waiting.record = { ...waiting.record, dueAt: Math.round(wall + ms) };
    this.#keep(waiting.record);
  }

  /** Doubled with each try, and scattered, so that not all of them come back at once. */
  #pause(attempts: number): number {
    const { firstMs, maxMs } = this.#options.retry;
    return Math.min(maxMs, firstMs * 2 ** (attempts - 1)) * (0.5 + this.#options.random() / 2);
  }

  #putAside(waiting: Waiting, reason: string): void {
    this.#remove(waiting);
    const record = { ...waiting.record, dead: { at: this.#options.clock.now().wall, reason } };
    this.#dead.push(record);
    this.#keep(record);
    for (const { id } of this.#dead.splice(0, Math.max(0, this.#dead.length - MAX_DEAD))) {
      this.#dropped++;
      this.#options.keepsakes.keep(ROOM, this.#key(id), null);
    }
  }

  #putAsideOldest(): void {
    let oldest: Waiting | null = null;
    for (const row of this.#rows.values())
      for (const each of row)
        if (!each.underWay && (oldest === null || each.record.id < oldest.record.id)) oldest = each;
    if (oldest === null) return;
    if (!this.#full)
      this.#options.log("error", `Too many messages wait for ${this.#words}: the oldest are put aside`);
    this.#full = true;
    this.#putAside(oldest, "too many messages waited");
  }

  /** Told once, however many messages it concerns. */
  #fails(reason: string): void {
    if (!this.#failing)
      this.#options.log("warn", `${this.#words} does not take messages, they wait: ${reason}`);
    this.#failing = true;
  }

  #works(): void {
    if (this.#failing) this.#options.log("info", `${this.#words} takes messages again`);
    this.#failing = false;
    if (this.#queued < this.#options.maxQueue / 2) this.#full = false;
  }

  get #words(): string {
    const { kind, name, target } = this.#options.about;
    return kind === "mail" ? `Mail server ${target}` : `Webhook ${name}`;
  }

  #key(id: string): string {
    return `${this.name}/${id}`;
  }

  #keep(record: DeliveryRecord): void {
    this.#options.keepsakes.keep(ROOM, this.#key(record.id), JSON.stringify(record));
  }
}

function keyOf({ notice }: DeliveryRecord): string {
  return notice.task === null ? "" : notice.task;
}
