/**
 * A plugin, this side of it: its process is started, told facts, and judged by what it answers and by how long it takes.
 * Nothing here waits for it, and what is under way to it is bounded by what it has answered.
 */
import { basename, join } from "node:path";
import type { Fact } from "../domain/fact.ts";
import type { Companion, CompanionState, PluginOptions } from "../domain/plugins.ts";
import type { Cancel } from "../domain/ports.ts";
import { type Task, hideEnv } from "../domain/task.ts";
import {
  GATHER_MS,
  PLUGINS,
  type CompanionDeps,
  type Told,
  aliasFor,
  isAbout,
  makeFeed,
  taskFor,
} from "./companion.ts";
import type { Feed } from "./feed.ts";
import { type AfterEnd, KeptProcess } from "./kept-process.ts";
import type { Link, LinkServer } from "./link.ts";
import { type FromPlugin, type Handler, LINK_VARIABLE, PLUGIN } from "./protocol.ts";

/** So much it is told before it has answered. */
const WINDOW = 64;
/** So many failures one after the other, and its process is thought to be broken. */
const FAILURES = 20;
const TIMEOUT_MS = 10_000;
/** So much longer it may say nothing at all: who only takes long says so by then, also where the processor is scarce. */
const SILENCE_MS = 3000;
/** For loading, and for `setup`; a machine may be slow. */
const READY_MS = 30_000;
const MEMORY_BYTES = 512 << 20;
const RESTARTS = 10;
const MEMORY_LOOK_MS = 1000;
/** Problems are told in the log one by one up to here, then only at each power of two. */
const TOLD_PROBLEMS = 5;

export interface CallAnswer {
  readonly status: number;
  readonly body: unknown;
}

export interface PluginDeps extends CompanionDeps {
  readonly links: LinkServer;
  /** The command line of this executable. */
  readonly self: readonly string[];
  /** `[plugins]` of the configuration. */
  readonly options: Readonly<Record<string, PluginOptions>>;
  /** Below it each plugin has a folder. */
  readonly folder: string;
  readonly api: (method: string, path: string, body: unknown) => Promise<CallAnswer>;
  /** Its resident memory in bytes; `null` where the system does not tell. */
  readonly memoryOf: (pid: number) => number | null;
}

export function pluginName(file: string): string {
  return basename(file).replace(/\.[^.]+$/, "");
}

export class Plugin implements Told {
  readonly #deps: PluginDeps;
  readonly #file: string;
  readonly #feed: Feed;
  readonly #process: KeptProcess;
  #name: string;
  #link: Link | null = null;
  #handlers: readonly Handler[] = [];
  #ready = false;
  #pump: Cancel | null = null;
  #deadline: Cancel | null = null;
  #memory: Cancel | null = null;
  #expected: Cancel | null = null;
  #errors = 0;
  #late = 0;
  #inRow = 0;
  #problem: string | null = null;

  constructor(deps: PluginDeps, file: string) {
    this.#deps = deps;
    this.#file = file;
    this.#name = pluginName(file);
    this.#feed = makeFeed(deps, PLUGINS, this.#name);
    const alias = aliasFor(PLUGINS, this.#name);
    this.#process = new KeptProcess({
      clock: deps.clock,
      engine: deps.engine,
      newRunId: deps.newRunId,
      alias,
      task: () => this.#task(alias),
      maxRestarts: () => this.#options.max_restarts ?? RESTARTS,
      ask: () => this.#link?.send({ kind: "close" }),
      spawned: () => this.#watchMemory(),
      ended: (reason, next) => this.#ended(reason, next),
      told: (level, text) => this.#log(level, text),
    });
  }

  get name(): string {
    return this.#name;
  }

  get #options(): PluginOptions {
    const { options } = this.#deps;
    return options[this.#name] ?? options[pluginName(this.#file)] ?? {};
  }

  get #enabled(): boolean {
    return this.#options.enabled !== false;
  }

  get #timeoutMs(): number {
    return this.#options.timeout_ms ?? TIMEOUT_MS;
  }

  start(): void {
    if (!this.#enabled) return this.#feed.rest();
    this.#feed.wake();
    this.#process.start();
  }

  /** Its file has changed. */
  reload(): void {
    if (!this.#enabled) return;
    this.#log("info", "its file has changed, it is loaded anew");
    this.#feed.wake();
    this.#inRow = 0;
    this.#process.restart("its file has changed");
  }

  take(fact: Fact, task: Task | null): void {
    this.#feed.offer(fact, task);
    this.#pumpSoon();
  }

  view(): Companion {
    const { state, reason, ...process } = this.#process.state;
    return {
      kind: "plugin",
      name: this.#name,
      source: this.#file,
      state: this.#stateOf(state),
      reason: reason ?? this.#problem,
      ...process,
      ...this.#feed.state,
      errors: this.#errors,
      late: this.#late,
    };
  }

  async stop(): Promise<void> {
    this.#pumpNow();
    this.#feed.settle();
    await this.#process.stop();
    this.#quiet();
  }

  #stateOf(state: CompanionState): CompanionState {
    return this.#enabled ? state : "disabled";
  }

  #task(alias: string): Task {
    const { links, self } = this.#deps;
    this.#expected?.();
    const { address, cancel } = links.expect({
      opened: (link) => {
        this.#link = link;
      },
      heard: (message) => this.#heard(message),
    });
    this.#expected = cancel;
    this.#wait(Math.max(READY_MS, this.#timeoutMs), "it was not ready in time");
    return taskFor(alias, [...self, PLUGIN, this.#file], { env: { [LINK_VARIABLE]: address } });
  }

  #heard(message: FromPlugin): void {
    if (!this.#process.living && message.kind !== "log" && message.kind !== "done") return;
    switch (message.kind) {
      case "hello":
        return;
      case "loaded":
        return this.#loaded(message);
      case "ready":
        return this.#isReady();
      case "unfit":
        return this.#process.giveUp(message.reason);
      case "broken":
        return this.#process.condemn(message.reason);
      case "busy":
        return this.#stillAlive();
      case "done":
        return this.#done(message);
      case "problem":
        return this.#failed(message.reason);
      case "log":
        return this.#deps.log(message.level, `Plugin ${this.#name}: ${message.text}`);
      case "call":
        return void this.#call(message);
    }
  }

  #loaded({ name, tasks, handlers }: Extract<FromPlugin, { kind: "loaded" }>): void {
    this.#name = name ?? this.#name;
    this.#handlers = handlers;
    if (!this.#enabled) {
      this.#feed.rest();
      void this.#process.stop();
      return;
    }
    this.#feed.want((fact) => this.#handles(fact) && isAbout(tasks, fact));
    const options = this.#options;
    const folder = join(this.#deps.folder, pluginName(this.#file));
    this.#link?.send({ kind: "setup", options, folder, timeoutMs: this.#timeoutMs });
  }

  #handles({ kind }: Fact): boolean {
    const has = (handler: Handler) => this.#handlers.includes(handler);
    return (
      has("fact") || (kind === "run.started" && has("start")) || (kind === "run.finished" && has("stop"))
    );
  }

  #isReady(): void {
    this.#ready = true;
    this.#deadline?.();
    this.#deadline = null;
    this.#process.ready();
    this.#log("info", "it is running");
    this.#pumpSoon();
  }

  #pumpSoon(): void {
    if (!this.#ready || this.#pump !== null || !this.#feed.waiting) return;
    const { clock } = this.#deps;
    this.#pump = clock.at(clock.now().mono + GATHER_MS, () => this.#pumpNow());
  }

  #pumpNow(): void {
    this.#pump?.();
    this.#pump = null;
    const link = this.#link;
    if (!this.#ready || !this.#process.living || link === null || this.#feed.inFlight > WINDOW / 2) return;
    for (const item of this.#feed.take(WINDOW - this.#feed.inFlight)) {
      if ("missed" in item) link.send({ kind: "missed", ...item.missed });
      else {
        const { fact, task, again } = item;
        link.send({ kind: "fact", fact, conf: task && hideEnv(task), again });
      }
    }
    if (this.#feed.inFlight > 0 && this.#deadline === null) this.#stillAlive();
    this.#pumpSoon();
  }

  #done({ id, problem, late }: Extract<FromPlugin, { kind: "done" }>): void {
    if (!this.#feed.done(id)) return;
    this.#stillAlive();
    this.#pumpSoon();
    if (problem === null && !late) {
      this.#inRow = 0;
      return;
    }
    if (late) this.#isLate(id);
    else this.#failed(`event ${id}: ${problem}`);
    if (++this.#inRow >= FAILURES) {
      this.#inRow = 0;
      this.#process.condemn(`it failed ${FAILURES} times in a row; last: ${this.#problem}`);
    }
  }

  #isLate(id: number): void {
    this.#late++;
    this.#tell(
      this.#late,
      `it was not done with event ${id} after ${this.#timeoutMs} ms; others come meanwhile`,
    );
  }

  #failed(reason: string): void {
    this.#errors++;
    this.#tell(this.#errors, reason);
  }

  #tell(count: number, reason: string): void {
    this.#problem = reason;
    const isPower = (count & (count - 1)) === 0;
    if (count <= TOLD_PROBLEMS || isPower)
      this.#log("warn", `${reason}${count > TOLD_PROBLEMS ? ` (${count} by now)` : ""}`);
  }

  /** It has said something: as long as it owes answers, it has to go on doing so. */
  #stillAlive(): void {
    if (!this.#ready) return;
    this.#deadline?.();
    this.#deadline = null;
    if (this.#feed.inFlight === 0) return;
    const ms = this.#timeoutMs + SILENCE_MS;
    this.#wait(ms, `it has not answered for ${ms} ms`);
  }

  #wait(ms: number, reason: string): void {
    const { clock } = this.#deps;
    this.#deadline?.();
    this.#deadline = clock.at(clock.now().mono + ms, () => {
      this.#deadline = null;
      this.#process.condemn(reason);
    });
  }

  async #call({ call, method, path, body }: Extract<FromPlugin, { kind: "call" }>): Promise<void> {
    const link = this.#link;
    const answer = await this.#deps.api(method, path, body);
    link?.send({ kind: "answer", call, ...answer });
  }

  #watchMemory(): void {
    const { clock, memoryOf } = this.#deps;
    const most = this.#options.max_memory_bytes ?? MEMORY_BYTES;
    const look = () => {
      const { pid } = this.#process.state;
      const bytes = pid === null ? null : memoryOf(pid);
      if (bytes !== null && bytes > most)
        this.#process.condemn(
          `it uses ${Math.round(bytes / 2 ** 20)} MiB of memory, more than ${Math.round(most / 2 ** 20)}`,
        );
      else this.#memory = clock.at(clock.now().mono + MEMORY_LOOK_MS, look);
    };
    this.#memory?.();
    look();
  }

  #ended(reason: string, { kind }: AfterEnd): void {
    const byItself = kind === "again" || kind === "give_up";
    const atWork = this.#ready && byItself;
    this.#quiet();
    this.#feed.back(atWork);
    if (byItself) this.#problem = reason;
    if (kind === "give_up" || kind === "rest") this.#feed.rest();
  }

  #quiet(): void {
    for (const cancel of [this.#pump, this.#deadline, this.#memory, this.#expected]) cancel?.();
    this.#pump = this.#deadline = this.#memory = this.#expected = null;
    this.#ready = false;
    this.#link = null;
  }

  #log(level: "info" | "warn" | "error", text: string): void {
    this.#deps.log(level, `Plugin ${this.#name}: ${text}`);
  }
}
