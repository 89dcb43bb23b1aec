/**
 * A service with one task, as the page sees it, whose output is what the test says: for what a real one shows only
 * when it is slow, full or broken.
 */
import { join } from "node:path";
import type { Server } from "bun";
import type { OutputFile, OutputLine, Problem, Run, Task } from "../../public/api/types.ts";
import { whenDone } from "../helpers/cleanup.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import { aTask } from "./tasks.ts";

const PUBLIC = join(import.meta.dir, "../../public/index.html");

export interface FakeService {
  readonly url: string;
  /** Everything that is kept, the oldest first. */
  readonly lines: OutputLine[];
  files: OutputFile[];
  runs: Run[];
  /** Answers each search with it. */
  searchProblem: Problem | null;
  /** Answers whoever asks for output with it. */
  problem: Problem | null;
  /** Output comes; the last line may be without its end. */
  write(line: Omit<OutputLine, "text">, text: string): void;
  gap(replica: number, bytes: number): void;
  removeTask(): void;
  /** The questions about output so far. */
  readonly asked: string[];
}

export async function fakeService(change: Partial<Task> = {}): Promise<FakeService> {
  const page = temporaryFolder();
  await Bun.build({ entrypoints: [PUBLIC], outdir: page });
  const tasks = [aTask(change)];
  const followers = new Set<(event: string, data: unknown) => void>();
  const watchers = new Set<(event: string, data: unknown) => void>();

  const system = () => ({
    name: "meproc",
    version: "2.0.0",
    host: "fake",
    platform: "linux",
    pid: 1,
    started_at: new Date().toISOString(),
    uptime_ms: 0,
    timezone: "UTC",
    store_trouble: null,
  });
  const list = (items: readonly unknown[]) => Response.json({ items, next_cursor: null });
  const refuse = (problem: Problem) =>
    Response.json(problem, {
      status: problem.status,
      headers: { "content-type": "application/problem+json" },
    });

  const output = (request: Request, query: URLSearchParams): Response => {
    fake.asked.push(`${request.method} ${query}`);
    if (request.method === "DELETE") {
      const replica = query.get("replica");
      const kept = fake.lines.filter((line) => replica !== null && line.replica !== Number(replica));
      fake.lines.splice(0, fake.lines.length, ...kept);
      return new Response(null, { status: 204 });
    }
    if (fake.problem !== null) return refuse(fake.problem);
    if (query.has("grep") && fake.searchProblem !== null) return refuse(fake.searchProblem);
    const lines = portion(fake.lines.filter(matcher(query)), query);
    return new Response(lines.map((line) => `${JSON.stringify(line)}\n`).join(""), {
      headers: { "content-type": "application/x-ndjson" },
    });
  };
  const stream = (query: URLSearchParams): Response => {
    fake.asked.push(`STREAM ${query}`);
    if (fake.problem !== null) return refuse(fake.problem);
    const matches = matcher(query);
    return events(followers, (send) => {
      const tail = Number(query.get("tail") ?? 0);
      for (const line of tail === 0 ? [] : fake.lines.filter(matches).slice(-tail))
        send("output", piece(line, `${line.text}\n`));
    });
  };

  const fake: FakeService = {
    url: "",
    lines: [],
    files: [],
    runs: [],
    asked: [],
    problem: null,
    searchProblem: null,
    write: (line, text) => {
      for (const one of text.split("\n").slice(0, -1)) fake.lines.push({ ...line, text: one });
      for (const send of followers) send("output", piece(line, text));
    },
    gap: (replica, missed_bytes) => {
      for (const send of followers) send("gap", { replica, missed_bytes });
    },
    removeTask: () => {
      const [task] = tasks.splice(0);
      for (const send of watchers) send("fact", { kind: "task.removed", task: task?.name });
    },
  };
  const server: Server<undefined> = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    idleTimeout: 0,
    fetch: async (request) => {
      const { pathname, searchParams } = new URL(request.url);
      const path = pathname.replace(/^\/api\/v1\/tasks\/[^/]+/, "/task");
      switch (path) {
        case "/api/v1/session":
          return Response.json({ actor: "api", role: "admin", tasks: null, via: "none" });
        case "/api/v1/system":
          return Response.json(system());
        case "/api/v1/tasks":
          return list(tasks);
        case "/api/v1/plugins":
        case "/api/v1/webhooks":
          return list([]);
        case "/api/v1/runs":
          return list(fake.runs);
        case "/api/v1/events":
          return events(watchers, () => undefined);
        case "/task/output":
          return output(request, searchParams);
        case "/task/output/stream":
          return stream(searchParams);
        case "/task/output/files":
          return list(fake.files);
        default:
          return new Response(Bun.file(join(page, path === "/" ? "index.html" : path)));
      }
    },
  });
  whenDone(() => server.stop(true));
  return Object.assign(fake, { url: `http://127.0.0.1:${server.port}` });
}

/** A stream of events to whoever asks; `first` is sent at once. */
function events(
  followers: Set<(event: string, data: unknown) => void>,
  first: (send: (event: string, data: unknown) => void) => void,
): Response {
  let send: (event: string, data: unknown) => void = () => undefined;
  const body = new ReadableStream<string>({
    start: (controller) => {
      let id = 0;
      send = (event, data) => {
        id += 1;
        controller.enqueue(`id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
      };
      controller.enqueue(": fake\n\n");
      first(send);
      followers.add(send);
    },
    cancel: () => {
      followers.delete(send);
    },
  });
  return new Response(body.pipeThrough(new TextEncoderStream()), {
    headers: { "content-type": "text/event-stream" },
  });
}

function piece({ time, stream, run, replica }: Omit<OutputLine, "text">, text: string) {
  return { time, stream, run, replica, data: Buffer.from(text).toString("base64") };
}

function matcher(query: URLSearchParams): (line: OutputLine) => boolean {
  const only = (key: "stream" | "run") => query.get(key);
  const grep = query.get("grep");
  const pattern = grep === null ? null : new RegExp(grep, query.has("ignore_case") ? "i" : "");
  return (line) =>
    (query.get("replica") ?? String(line.replica)) === String(line.replica) &&
    (only("stream") ?? line.stream) === line.stream &&
    (only("run") ?? line.run) === line.run &&
    (line.time ?? "") >= (query.get("since") ?? "") &&
    (line.time ?? "") < (query.get("until") ?? "9") &&
    (pattern === null || pattern.test(line.text));
}

function portion(lines: readonly OutputLine[], query: URLSearchParams): readonly OutputLine[] {
  const newest = query.has("tail") ? lines.slice(-Number(query.get("tail"))) : lines;
  return query.has("limit") ? newest.slice(0, Number(query.get("limit"))) : newest;
}
