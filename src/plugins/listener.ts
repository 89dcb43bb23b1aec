/**
 * A listener: a command that reads facts as lines of JSON. It is told them as fast as it reads, and is started again when it
 * ends. What it has taken counts as dealt with.
 */
import type { Fact } from "../domain/fact.ts";
import { matches } from "../domain/glob.ts";
import type { Companion, ListenerDefinition } from "../domain/plugins.ts";
import type { Cancel, RunHandle } from "../domain/ports.ts";
import { type Task, commandLine } from "../domain/task.ts";
import { MeprocError } from "../domain/errors.ts";
import {
  type CompanionDeps,
  GATHER_MS,
  LISTENERS,
  type Told,
  aliasFor,
  isAbout,
  makeFeed,
  taskFor,
} from "./companion.ts";
import { plainFact } from "./events.ts";
import type { Feed, Item } from "./feed.ts";
import { KeptProcess } from "./kept-process.ts";

/** So many lines are handed over at a time. */
const AT_A_TIME = 32;

export class Listener implements Told {
  readonly #deps: CompanionDeps;
  readonly #definition: ListenerDefinition;
  readonly #feed: Feed;
  readonly #process: KeptProcess;
  #handle: RunHandle | null = null;
  #writing = false;
  #pump: Cancel | null = null;

  constructor(deps: CompanionDeps, definition: ListenerDefinition) {
    this.#deps = deps;
    this.#definition = definition;
    const { name, command, tasks, events } = definition;
    this.#feed = makeFeed(deps, LISTENERS, name);
    this.#feed.want(
      (fact) => isAbout(tasks, fact) && (events ?? ["*"]).some((glob) => matches(glob, fact.kind)),
    );
    const alias = aliasFor(LISTENERS, name);
    this.#process = new KeptProcess({
      clock: deps.clock,
      engine: deps.engine,
      newRunId: deps.newRunId,
      alias,
      task: () => taskFor(alias, command, { stdin: "pipe" }),
      maxRestarts: () => definition.max_restarts ?? null,
      ask: (handle) => handle.terminate(),
      spawned: (handle) => this.#spawned(handle),
      ended: (_, { kind }) => this.#ended(kind === "give_up"),
      told: (level, text) => deps.log(level, `Listener ${name}: ${text}`),
    });
  }

  get name(): string {
    return this.#definition.name;
  }

  start(): void {
    this.#process.start();
  }

  take(fact: Fact, task: Task | null): void {
    this.#feed.offer(fact, task);
    this.#pumpSoon();
  }

  view(): Companion {
    const { name, command } = this.#definition;
    const source = commandLine(command);
    return {
      kind: "listener",
      name,
      source,
      ...this.#process.state,
      ...this.#feed.state,
      errors: 0,
      late: 0,
    };
  }

  async stop(): Promise<void> {
    this.#feed.settle();
    await this.#process.stop();
  }

  #spawned(handle: RunHandle): void {
    this.#handle = handle;
    this.#process.ready();
    this.#pumpSoon();
  }

  #ended(forGood: boolean): void {
    this.#handle = null;
    this.#writing = false;
    this.#pump?.();
    this.#pump = null;
    this.#feed.back(false);
    if (forGood) this.#feed.rest();
  }

  #pumpSoon(): void {
    if (this.#handle === null || this.#writing || this.#pump !== null || !this.#feed.waiting) return;
    const { clock } = this.#deps;
    this.#pump = clock.at(clock.now().mono + GATHER_MS, () => {
      this.#pump = null;
      void this.#write();
    });
  }

  /** The next part only when this one has been taken. */
  async #write(): Promise<void> {
    const handle = this.#handle;
    if (handle === null) return;
    const items = this.#feed.take(AT_A_TIME);
    this.#writing = true;
    try {
      if (items.length > 0) await handle.write(new TextEncoder().encode(items.map(lineOf).join("")));
    } catch (error) {
      // it has ended, which comes by another way
      if (error instanceof MeprocError) return;
      throw error;
    }
    if (handle !== this.#handle) return;
    for (const item of items) if ("fact" in item) this.#feed.done(item.fact.id);
    this.#writing = false;
    this.#pumpSoon();
  }
}

function lineOf(item: Item): string {
  const line =
    "missed" in item
      ? { kind: "meproc.missed", ...item.missed }
      : { ...plainFact(item.fact), again: item.again };
  return `${JSON.stringify(line)}\n`;
}
