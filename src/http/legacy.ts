/** The surface of Meproc 1.x, to the letter: /proc and /proc/output over the same core as /api/v1. */
import { Elysia } from "elysia";
import { MeprocError } from "../domain/errors.ts";
import { LEGACY_INTERVAL_MS, commandLine } from "../domain/task.ts";
import type { TaskGroup } from "../supervisor/group.ts";
import type { HttpDeps } from "./deps.ts";
import { isTooDeep } from "./json-body.ts";
import { logRefusal } from "./refusal.ts";
import { legacyAnswer, legacyError } from "./legacy-answer.ts";
import { legacyDocs } from "./legacy-docs.ts";

const DEFAULT_OUTPUT_BYTES = 1 << 20;
const MAX_OUTPUT_BYTES = 64 << 20;
/** Of all replicas together: the answer is made in memory. */
const MAX_ANSWER_BYTES = 256 << 20;
const METHODS = "GET, HEAD, POST, PUT, DELETE, OPTIONS";

export function legacyRoutes({ supervisor, output, log }: HttpDeps) {
  const { answered, named } = makeAnswers(log);
  return new Elysia({ name: "legacy" })
    .get("/proc", () => legacyAnswer(200, "OK", listing(supervisor.list())), { detail: legacyDocs.list })
    .post(
      "/proc",
      ({ body, request }) =>
        answered(request, async () => {
          const definition = readBody(body);
          if (definition === undefined) return legacyAnswer(400, "JSON body is required");
          await supervisor.define(withDefaults(definition));
          return legacyAnswer(200, "OK");
        }),
      { parse: "text", detail: legacyDocs.create },
    )
    .put(
      "/proc",
      ({ query, request }) =>
        named(request, query, async (name) => {
          await supervisor.restart(name);
          return legacyAnswer(200, "OK");
        }),
      { parse: "none", detail: legacyDocs.restart },
    )
    .delete(
      "/proc",
      ({ query, request }) =>
        named(request, query, async (name) => {
          await supervisor.remove(name);
          return legacyAnswer(200, "OK");
        }),
      { parse: "none", detail: legacyDocs.remove },
    )
    .get(
      "/proc/output",
      ({ query, request }) =>
        named(request, query, async (name) => {
          const limit = bytesWanted(query["bytes"]);
          if (limit === null)
            return legacyAnswer(400, `bytes: expected an integer from 1 to ${MAX_OUTPUT_BYTES}`);
          const { instances } = supervisor.get(name);
          const share = Math.min(limit, Math.floor(MAX_ANSWER_BYTES / instances.length));
          const captured = await Promise.all(
            instances.map(async ({ alias }) => {
              const bytes = await output.today(alias, share);
              return [alias, Buffer.from(bytes).toString("base64")] as const;
            }),
          );
          return legacyAnswer(200, "OK", Object.fromEntries(captured));
        }),
      { detail: legacyDocs.output },
    )
    .options("/proc", () => allowed(METHODS, 204), { detail: { hide: true } })
    .all("/proc", () => allowed(METHODS, 405), { detail: { hide: true } })
    .options("/proc/output", () => allowed("GET, HEAD, OPTIONS", 204), { detail: { hide: true } })
    .all("/proc/output", () => allowed("GET, HEAD, OPTIONS", 405), { detail: { hide: true } });
}

function allowed(allow: string, status: 204 | 405): Response {
  if (status === 204) return new Response(null, { status, headers: { allow } });
  return legacyAnswer(405, "Method not allowed", undefined, { allow });
}

type Query = Readonly<Record<string, string | undefined>>;

/** Every error of the core leaves in the words of 1.x. */
function makeAnswers(log: HttpDeps["log"]) {
  const answered = async (request: Request, handle: () => Promise<Response>): Promise<Response> => {
    try {
      return await handle();
    } catch (error) {
      if (!(error instanceof MeprocError)) throw error;
      logRefusal(log, request, error);
      return legacyError(error);
    }
  };
  const named = (request: Request, query: Query, handle: (name: string) => Promise<Response>) => {
    const { name } = query;
    if (name === undefined || name === "") return legacyAnswer(400, "name is required");
    return answered(request, () => handle(name));
  };
  return { answered, named };
}

/** The JSON object in a body, whatever its content type says; `undefined` if there is none. */
function readBody(body: unknown): Record<string, unknown> | undefined {
  if (typeof body !== "string" || isTooDeep(body)) return undefined;
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** In 1.x a daemon's pause is 3000 ms unless it says otherwise. */
function withDefaults(definition: Record<string, unknown>): Record<string, unknown> {
  const given = definition["interval"] ?? definition["restart"] ?? null;
  const plainDaemon = definition["type"] === "daemon" && given === null;
  return plainDaemon ? { ...definition, interval: LEGACY_INTERVAL_MS } : definition;
}

function bytesWanted(text: string | undefined): number | null {
  if (text === undefined) return DEFAULT_OUTPUT_BYTES;
  const bytes = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  return bytes >= 1 && bytes <= MAX_OUTPUT_BYTES ? bytes : null;
}

function listing(groups: readonly TaskGroup[]) {
  const tasks = Object.fromEntries(groups.map((group) => [group.task.name, taskOf(group)]));
  return { tasks, running: groups.flatMap(runningOf) };
}

function taskOf(group: TaskGroup) {
  const { task, instances } = group;
  return {
    cmd: commandLine(task.cmd),
    ...(task.cron === null ? {} : { cron: task.cron }),
    deps: task.deps.map((dep) => dep.task),
    name: task.name,
    type: task.type,
    user: task.user,
    group: task.group,
    replica: task.replica,
    running: instances.flatMap(({ lives }) => lives).length,
    interval: task.interval ?? LEGACY_INTERVAL_MS,
    run_flag: group.waiting,
    last_time: unixSeconds(group.startedAt),
    start_time: unixSeconds(group.askedAt),
  };
}

/** A coroutine has no process of its own. */
function runningOf({ task, instances }: TaskGroup) {
  const command = commandLine(task.cmd);
  return instances.flatMap(({ lives, alias }) =>
    lives.map(({ pid }) => (pid === null ? { pid: "", alias, command: "" } : { pid, alias, command })),
  );
}

function unixSeconds(wall: number | null): number {
  return wall === null ? 0 : Math.floor(wall / 1000);
}
