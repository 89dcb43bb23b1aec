/**
 * The process of one plugin: our own executable with `PLUGIN` as its first argument. It loads the file, is told facts one
 * after the other and says what came of each. A process, for nothing else can be ended within a regular expression, be
 * held to its memory, or call `process.exit` and harm nobody.
 */
import { setPriority } from "node:os";
import { mkdirSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { plainFact, startEvent, stopEvent } from "./events.ts";
import { HostLink } from "./host-link.ts";
import { makeContext } from "./plugin-context.ts";
import { HANDLERS, type Handler, LINK_VARIABLE, type SetUp, type ToPlugin } from "./protocol.ts";

/** Whatever else wants the processor has it first. */
const NICE = 10;
/** How often it says that it is at something still. */
const BUSY_MS = 500;
/** For `close`; it is killed soon after. */
const CLOSE_MS = 1800;

type Handlers = Partial<Record<Handler, (...args: unknown[]) => unknown>>;
type Work = Extract<ToPlugin, { kind: "fact" | "missed" }>;

/** Ends when the service says so, or is no more. `environment` is the process's own; what is ours is taken out of it. */
export async function pluginHost(file: string, environment: NodeJS.ProcessEnv): Promise<never> {
  giveWay();
  const [port = "", token = ""] = (environment[LINK_VARIABLE] ?? "").split(" ");
  delete environment[LINK_VARIABLE];
  const link = await HostLink.connect(Number(port));
  link.send({ kind: "hello", token });
  const host = new Host(link);
  process.on("uncaughtException", (error) => host.problem(error));
  process.on("unhandledRejection", (error) => host.problem(error));
  await host.load(file);
  return new Promise<never>(() => undefined);
}

class Host {
  readonly #link: HostLink;
  readonly #work: Work[] = [];
  #plugin: Handlers = {};
  #name = "";
  #context: unknown = null;
  #timeoutMs = 0;
  #working: Promise<void> | null = null;

  constructor(link: HostLink) {
    this.#link = link;
    link.onMessage = (message) => this.#take(message);
  }

  async load(file: string): Promise<void> {
    let found: unknown;
    try {
      found = ((await import(pathToFileURL(file).href)) as { default?: unknown }).default;
    } catch (error) {
      return this.#end(`it cannot be loaded: ${inDetail(error)}`);
    }
    const reason = whyUnfit(found);
    if (reason !== null) return this.#link.send({ kind: "unfit", reason });
    const { name = null, tasks = null } = found as { name?: string; tasks?: readonly string[] };
    this.#plugin = found as Handlers;
    this.#name = name ?? "";
    const handlers = HANDLERS.filter((each) => typeof this.#plugin[each] === "function");
    this.#link.send({ kind: "loaded", name, tasks, handlers });
  }

  problem(error: unknown): void {
    this.#link.send({ kind: "problem", reason: inDetail(error) });
  }

  #take(message: ToPlugin): void {
    switch (message.kind) {
      case "setup":
        return void this.#setUp(message);
      case "close":
        return void this.#close();
      case "answer":
        return this.#link.answered(message);
      default:
        this.#work.push(message);
        this.#working ??= this.#go();
    }
  }

  async #setUp({ options, folder, timeoutMs }: SetUp): Promise<void> {
    this.#timeoutMs = timeoutMs;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#context = makeContext(this.#link, { name: this.#name, options, folder });
    try {
      await this.#plugin.setup?.(this.#context);
    } catch (error) {
      return this.#end(`setup: ${inDetail(error)}`);
    }
    this.#link.send({ kind: "ready" });
  }

  async #go(): Promise<void> {
    const busy = setInterval(() => this.#link.send({ kind: "busy" }), BUSY_MS);
    for (let next = this.#work.shift(); next !== undefined; next = this.#work.shift()) {
      if (next.kind === "missed") await this.#missed(next);
      else await this.#fact(next);
    }
    clearInterval(busy);
    this.#working = null;
  }

  async #missed({ from, to, again }: Extract<Work, { kind: "missed" }>): Promise<void> {
    const { problem } = await this.#inTime(() => this.#plugin.missed?.({ from, to, again }, this.#context));
    if (problem !== null) this.#link.send({ kind: "problem", reason: `missed: ${problem}` });
  }

  async #fact({ fact, conf, again }: Extract<Work, { kind: "fact" }>): Promise<void> {
    const plugin = this.#plugin;
    const calls: [Handler, Record<string, unknown> | null][] = [
      ["start", startEvent(fact, conf, again)],
      ["stop", stopEvent(fact, conf, again)],
      ["fact", { ...plainFact(fact), again }],
    ];
    const ended = await this.#inTime(async () => {
      for (const [handler, event] of calls)
        if (event !== null && plugin[handler] !== undefined) await plugin[handler](event, this.#context);
    });
    this.#link.send({ kind: "done", id: fact.id, ...ended });
  }

  /** What takes too long goes on, and is waited for no longer. */
  async #inTime(work: () => unknown): Promise<{ problem: string | null; late: boolean }> {
    const { promise: over, resolve } = Promise.withResolvers<"late">();
    const timer = setTimeout(() => resolve("late"), this.#timeoutMs);
    const begun = attempt(work);
    const end = await Promise.race([begun, over]);
    clearTimeout(timer);
    return end === "late" ? { problem: null, late: true } : { problem: end, late: false };
  }

  async #close(): Promise<void> {
    this.#timeoutMs = CLOSE_MS;
    const { problem } = await this.#inTime(async () => {
      await this.#working;
      await this.#plugin.close?.(this.#context);
    });
    if (problem !== null) this.problem(`close: ${problem}`);
    await this.#link.flushed();
    process.exit(0);
  }

  async #end(reason: string): Promise<void> {
    this.#link.send({ kind: "broken", reason });
    await this.#link.flushed();
    process.exit(1);
  }
}

/** Why it failed, `null` if it has not. */
async function attempt(work: () => unknown): Promise<string | null> {
  try {
    await work();
    return null;
  } catch (error) {
    return inDetail(error);
  }
}

function whyUnfit(found: unknown): string | null {
  if (typeof found !== "object" || found === null) return "it has no default export that is an object";
  const { name, tasks, ...rest } = found as Record<string, unknown>;
  if (name !== undefined && (typeof name !== "string" || name === "")) return "name: expected text";
  if (tasks !== undefined && !isTexts(tasks)) return "tasks: expected a list of texts";
  const wrong = HANDLERS.find((each) => rest[each] !== undefined && typeof rest[each] !== "function");
  if (wrong !== undefined) return `${wrong}: expected a function`;
  if (!HANDLERS.some((each) => rest[each] !== undefined)) return `it has none of ${HANDLERS.join(", ")}`;
  return null;
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}

/** In one line. A module that cannot be built fails with several errors in one. */
function inDetail(error: unknown): string {
  if (error instanceof AggregateError) return [error.message, ...error.errors.map(String)].join(" ");
  if (!(error instanceof Error)) return String(error);
  return error.name === "Error" ? error.message : `${error.name}: ${error.message}`;
}

/** A plugin comes after everything that it is told of, also where memory is short. */
function giveWay(): void {
  setPriority(NICE);
  if (process.platform === "linux") writeFileSync("/proc/self/oom_score_adj", "1000");
}
