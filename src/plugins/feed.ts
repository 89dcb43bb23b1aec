/**
 * The facts on their way to one companion: what it has not been told yet, what it is dealing with, and up to where it has
 * dealt with all. What waits is bounded; what an earlier service may not have told is read from the store.
 */
import type { Fact } from "../domain/fact.ts";
import type { FactArchive } from "../domain/ports.ts";
import type { Task } from "../domain/task.ts";

const MAX_QUEUE = 5000;
/** So many facts of the past are gone through at the most. */
const MAX_REPLAY = 10_000;
/** So many are read from the store at a time: for so long everything else waits. */
const PAGE = 50;

export interface Telling {
  readonly fact: Fact;
  /** As it was defined then; `null` if that is not known any more. */
  readonly task: Task | null;
  /** It may have been told before. */
  readonly again: boolean;
}

/** Facts of which it is not known whether they were dealt with. */
export interface Missed {
  readonly from: number;
  readonly to: number;
  /** They come now; if not, they are gone. */
  readonly again: boolean;
}

export type Item = { readonly missed: Missed } | Telling;

export interface FeedOptions {
  readonly archive: FactArchive;
  /** The fact up to which all was dealt with, as it was noted; `null` for one that is new here. */
  readonly position: number | null;
  /** The newest fact that there is. */
  readonly last: number;
  readonly note: (position: number) => void;
  readonly taskOf: (name: string) => Task | null;
  readonly maxQueue?: number;
  readonly maxReplay?: number;
}

export class Feed {
  readonly #options: FeedOptions;
  #wanted: (fact: Fact) => boolean = () => true;
  readonly #queue: Telling[] = [];
  readonly #flight: Telling[] = [];
  readonly #missed: Missed[] = [];
  #position: number;
  /** What lies between the two is to be read from the store; `told` says that this has been said. */
  #replay: { at: number; readonly to: number; told: boolean } | null = null;
  #last: number;
  #resting = false;
  #dropped = 0;
  #handled = 0;

  constructor(options: FeedOptions) {
    this.#options = options;
    this.#last = options.last;
    this.#position = options.position ?? options.last;
    // one that is new here has missed what comes from now on
    if (options.position === null) options.note(this.#position);
    this.#readAgain();
  }

  get state() {
    const position = this.#position === 0 ? null : this.#position;
    return { handled: this.#handled, dropped: this.#dropped, queued: this.queued, position };
  }

  get queued(): number {
    return this.#queue.length + this.#flight.length;
  }

  get inFlight(): number {
    return this.#flight.length;
  }

  /** Something may be taken now. */
  get waiting(): boolean {
    return this.#queue.length + this.#missed.length > 0 || this.#replay !== null;
  }

  /** From now on only these; what waits and is not wanted is passed over. */
  want(wanted: (fact: Fact) => boolean): void {
    this.#wanted = wanted;
  }

  /** Takes a fact as it happens. */
  offer(fact: Fact, task: Task | null): void {
    this.#last = fact.id;
    if (this.#resting || !this.#wanted(fact)) return;
    this.#queue.push({ fact, task, again: false });
    if (this.#queue.length > (this.#options.maxQueue ?? MAX_QUEUE)) this.#drop();
  }

  /** The next that it is to be told, `count` at the most. */
  take(count: number): Item[] {
    const items: Item[] = this.#missed.splice(0).map((missed) => ({ missed }));
    const tellings = this.#replay === null ? [] : this.#replayed(items);
    if (this.#replay === null)
      while (tellings.length < count) {
        const next = this.#queue.shift();
        if (next === undefined) break;
        if (this.#wanted(next.fact)) tellings.push(next);
      }
    this.#flight.push(...tellings);
    return [...items, ...tellings];
  }

  /** It has dealt with the oldest of what it was told. False for an answer to what was not asked. */
  done(id: number): boolean {
    if (this.#flight[0]?.fact.id !== id) return false;
    this.#flight.shift();
    this.#handled++;
    this.#note(id);
    return true;
  }

  /** Its process has ended. What it was told and has not dealt with comes again, but for the first if that was the cause. */
  back(firstIsLost: boolean): void {
    const lost = firstIsLost ? this.#flight.shift() : undefined;
    if (lost !== undefined) {
      this.#lose(lost.fact.id, lost.fact.id);
      this.#note(lost.fact.id);
    }
    const again = this.#flight.splice(0).map((each) => ({ ...each, again: true }));
    if (this.#replay !== null) this.#replay = { at: this.#position, to: this.#replay.to, told: false };
    else {
      const [first, last] = [again[0], again.at(-1)];
      if (first !== undefined && last !== undefined)
        this.#missed.push({ from: first.fact.id, to: last.fact.id, again: true });
      this.#queue.unshift(...again);
    }
  }

  /** Nobody will take anything for a while: what waits is let go, and read from the store when it is wanted again. */
  rest(): void {
    this.#resting = true;
    this.#queue.length = 0;
    this.#flight.length = 0;
    this.#missed.length = 0;
    this.#replay = null;
  }

  /** After a rest. */
  wake(): void {
    if (!this.#resting) return;
    this.#resting = false;
    this.#readAgain();
  }

  /** Notes where it is if nothing waits: so what it does not want is not gone through again. */
  settle(): void {
    if (this.queued === 0 && !this.waiting && this.#position < this.#last) this.#note(this.#last);
  }

  #readAgain(): void {
    if (this.#position >= this.#last) return;
    const first = Math.max(this.#position, this.#last - (this.#options.maxReplay ?? MAX_REPLAY));
    if (first > this.#position) this.#lose(this.#position + 1, first);
    this.#replay = { at: first, to: this.#last, told: false };
  }

  #replayed(items: Item[]): Telling[] {
    const replay = this.#replay;
    if (replay === null) return [];
    const { archive, taskOf } = this.#options;
    const page = archive.facts({ after: replay.at, limit: PAGE }).filter(({ id }) => id <= replay.to);
    const found = page.filter((fact) => this.#wanted(fact));
    if (found.length > 0 && !replay.told) {
      items.push({ missed: { from: replay.at + 1, to: replay.to, again: true } });
      replay.told = true;
    }
    replay.at = page.at(-1)?.id ?? replay.to;
    if (replay.at >= replay.to) this.#replay = null;
    return found.map((fact) => ({ fact, task: "task" in fact ? taskOf(fact.task) : null, again: true }));
  }

  /** The oldest go, a tenth at a time. */
  #drop(): void {
    const dropped = this.#queue.splice(0, Math.ceil(this.#queue.length / 10));
    this.#dropped += dropped.length;
    const [first, last] = [dropped[0], dropped.at(-1)];
    if (first !== undefined && last !== undefined) this.#lose(first.fact.id, last.fact.id);
  }

  #lose(from: number, to: number): void {
    const before = this.#missed.at(-1);
    if (before === undefined || before.again) this.#missed.push({ from, to, again: false });
    else this.#missed.splice(-1, 1, { from: before.from, to, again: false });
  }

  #note(position: number): void {
    if (position <= this.#position) return;
    this.#position = position;
    this.#options.note(position);
  }
}
