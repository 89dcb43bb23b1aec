/** The composition root of plugins and listeners. Where there are none, nothing of them is loaded and nothing is heard. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "./domain/config.ts";
import type { Fact } from "./domain/fact.ts";
import type { Companions } from "./domain/plugins.ts";
import type { Cancel, Engine, LeftRun, Watcher } from "./domain/ports.ts";
import { completeTask } from "./domain/task.ts";
import { type CompanionDeps, isCompanion } from "./plugins/companion.ts";
import { usageOfProcesses } from "./spawn/tree-usage.ts";

/** Below the data directory: what plugins keep. */
const FOLDER = "plugin-data";
/** What an answer to a plugin may have at the most. */
const MAX_ANSWER_BYTES = 8 << 20;

export interface CompanionsOptions extends Omit<CompanionDeps, "newRunId"> {
  readonly config: Pick<Config, "pluginsDir" | "plugins" | "listeners" | "dataDir">;
  readonly self: readonly string[];
  readonly watcher: Watcher;
  readonly subscribe: (subscriber: (fact: Fact) => void) => Cancel;
  /** Answers a request as the HTTP surface does, with the rights of an operator. */
  readonly handle: (request: Request) => Promise<Response>;
}

export interface RunningCompanions extends Companions {
  start(): void;
  close(): Promise<void>;
}

const NONE: RunningCompanions = { list: () => [], start: () => undefined, close: async () => undefined };

/** To be called before the first fact that they are to hear. */
export async function wireCompanions(options: CompanionsOptions): Promise<RunningCompanions> {
  const { config, clock, subscribe, handle } = options;
  const files = existsSync(config.pluginsDir) ? config.pluginsDir : null;
  if (files === null && config.listeners.length === 0) return NONE;
  const [{ Plugins }, { LinkServer }] = await Promise.all([
    import("./plugins/plugins.ts"),
    import("./plugins/link.ts"),
  ]);
  const plugins = new Plugins({
    ...options,
    newRunId: () => Bun.randomUUIDv7(),
    links: new LinkServer(clock),
    files,
    options: config.plugins,
    listeners: config.listeners,
    folder: join(config.dataDir, FOLDER),
    api: (method, path, body) => answer(handle, method, path, body),
    memoryOf: (pid) => usageOfProcesses([pid])?.rss_bytes ?? null,
  });
  const unsubscribe = subscribe((fact) => plugins.take(fact));
  return {
    list: () => plugins.list(),
    start: () => plugins.start(),
    close: async () => {
      await plugins.close();
      unsubscribe();
    },
  };
}

/** What plugins and listeners of an earlier service have left is of no use: they are started anew. */
export function endLeftCompanions(engine: Pick<Engine, "adoptRest">, left: readonly LeftRun[]): void {
  const nobody = {
    spawned: () => undefined,
    failed: () => undefined,
    exited: () => undefined,
    gone: () => undefined,
  };
  for (const { run, place } of left) {
    if (place === null || !isCompanion(place.task)) continue;
    const task = completeTask({ name: place.task, cmd: "true", type: "once" });
    engine.adoptRest({ run, task, index: 0, alias: place.task }, null, nobody)?.kill();
  }
}

const refused = (status: number, code: string, detail: string) => ({ status, body: { code, detail } });

async function answer(
  handle: CompanionsOptions["handle"],
  method: string,
  path: string,
  body: unknown,
): Promise<{ status: number; body: unknown }> {
  if (!/^\/(?:api\/v1|proc)(?:[/?]|$)/.test(path))
    return refused(400, "invalid", "expected a path of the API");
  try {
    const request = new Request(new URL(path, "http://127.0.0.1"), {
      method,
      headers: { host: "127.0.0.1", "content-type": "application/json" },
      ...(body === null ? {} : { body: JSON.stringify(body) }),
    });
    const response = await handle(request);
    const type = response.headers.get("content-type") ?? "";
    if (type.startsWith("text/event-stream")) {
      await response.body?.cancel();
      return refused(400, "invalid", "a stream cannot be read by this way");
    }
    const text = await limited(response);
    if (text === null) return refused(413, "too_large", `the answer has more than ${MAX_ANSWER_BYTES} bytes`);
    return { status: response.status, body: type.includes("json") && text !== "" ? JSON.parse(text) : text };
  } catch (error) {
    return refused(400, "invalid", error instanceof Error ? error.message : String(error));
  }
}

/** `null` if it is too much. */
async function limited(response: Response): Promise<string | null> {
  const decoder = new TextDecoder();
  let [text, bytes] = ["", 0];
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) return null;
    text += decoder.decode(chunk, { stream: true });
  }
  return text;
}
