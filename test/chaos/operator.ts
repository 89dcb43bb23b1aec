/**
 * Who stops, starts, restarts, removes and defines tasks meanwhile, and knows what has to be of them: exactly, once the
 * service has answered; one of several things while a request is under way or was cut off.
 */
import type { TaskView } from "../../src/http/task-view.ts";
import type { Host } from "./host.ts";
import type { Member } from "./population.ts";
import type { Random } from "./random.ts";
import { Violation } from "./violation.ts";

export type Wish = "running" | "stopped" | "absent";

interface Deed {
  readonly method: "POST" | "DELETE";
  readonly path: (name: string) => string;
  /** What may be of the task from the request to the answer, beside what was and what is to be. */
  readonly between: readonly Wish[];
  readonly after: Wish;
  readonly asksToRun: boolean;
}

const verb = (name: string, after: Wish): Deed => ({
  method: "POST",
  path: (task) => `/tasks/${task}/${name}`,
  between: [],
  after,
  asksToRun: after === "running",
});
const START = verb("start", "running");
const RESTART = verb("restart", "running");
const STOP = verb("stop", "stopped");
const REMOVE: Deed = {
  method: "DELETE",
  path: (task) => `/tasks/${task}`,
  between: ["stopped"],
  after: "absent",
  asksToRun: false,
};
const DEFINE: Deed = { method: "POST", path: () => "/tasks", between: [], after: "running", asksToRun: true };
const CHOICES: Readonly<Record<Wish, readonly Deed[]>> = {
  running: [STOP, RESTART, RESTART, RESTART, REMOVE],
  stopped: [START, START, RESTART, REMOVE],
  absent: [DEFINE],
};

export class Operator {
  readonly #host: Host;
  readonly #members: readonly Member[];
  readonly #wishes = new Map<string, ReadonlySet<Wish>>();
  readonly #busy = new Set<string>();
  readonly #cutOff = new Set<string>();
  readonly #asked = new Map<string, number>();

  constructor(host: Host, members: readonly Member[]) {
    this.#host = host;
    this.#members = members;
    for (const { name } of members) this.#wishes.set(name, new Set<Wish>(["absent"]));
  }

  /** `null` while it may be one of several. */
  wish(name: string): Wish | null {
    const [only, other] = this.#wishes.get(name) ?? [];
    return other === undefined ? (only ?? null) : null;
  }

  /** The tasks whose last request the killed service did not answer: what it had done of it, nobody knows. */
  get cutOff(): ReadonlySet<string> {
    return new Set(this.#cutOff);
  }

  /** How often the task was asked to run, answered or not. */
  asked(name: string): number {
    return this.#asked.get(name) ?? 0;
  }

  async defineAll(): Promise<void> {
    for (const member of this.#members) await this.#do(member, DEFINE);
  }

  /** Does one thing to a task. False if the service was killed before it answered. */
  async act(random: Random): Promise<boolean> {
    const free = this.#members.filter(({ name }) => !this.#busy.has(name) && this.wish(name) !== null);
    // as often as not something that rests, so that most of them run
    const resting = free.filter(({ name }) => this.wish(name) !== "running");
    const member = random.pick(random.chance(0.5) && resting.length > 0 ? resting : free);
    const wish = member === undefined ? null : this.wish(member.name);
    const deed = wish === null ? undefined : random.pick(CHOICES[wish]);
    return member === undefined || deed === undefined || this.#do(member, deed);
  }

  /** Restarts one that runs. */
  async restart(random: Random): Promise<void> {
    const member = random.pick(this.#members.filter(({ name }) => this.wish(name) === "running"));
    if (member !== undefined) await this.#do(member, RESTART);
  }

  /** What the service, started again, says is wanted; it must be what was answered, or what was under way. */
  compare(tasks: ReadonlyMap<string, TaskView>): void {
    this.#cutOff.clear();
    for (const { name } of this.#members) {
      const found = wishOf(tasks.get(name));
      const wishes = this.#wishes.get(name) ?? new Set();
      if (!wishes.has(found))
        throw new Violation(`${name} is ${found} and should be ${[...wishes].join(" or ")}`);
      this.#wishes.set(name, new Set([found]));
    }
  }

  async #do(member: Member, deed: Deed): Promise<boolean> {
    const { name } = member;
    this.#busy.add(name);
    this.#wishes.set(name, new Set([...(this.#wishes.get(name) ?? []), ...deed.between, deed.after]));
    if (deed.asksToRun) this.#asked.set(name, this.asked(name) + 1);
    try {
      const response = await this.#host.request(
        deed.method,
        deed.path(name),
        deed === DEFINE ? member : undefined,
      );
      const text = await response.text();
      if (!response.ok) throw new Violation(`${deed.method} ${deed.path(name)}: ${response.status} ${text}`);
      this.#wishes.set(name, new Set([deed.after]));
      return true;
    } catch (error) {
      if (error instanceof Violation || !this.#host.killed) throw error;
      this.#cutOff.add(name);
      return false;
    } finally {
      this.#busy.delete(name);
    }
  }
}

function wishOf(task: TaskView | undefined): Wish {
  if (task === undefined) return "absent";
  return task.desired === "stopped" ? "stopped" : "running";
}
