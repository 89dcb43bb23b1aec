/** /api/v1/tasks/{name}/…: what is done with a task. */
import { Elysia } from "elysia";
import { InvalidError, MeprocError } from "../domain/errors.ts";
import { parse } from "../domain/parse.ts";
import type { Clock } from "../domain/ports.ts";
import { Signal } from "../domain/task-policies.ts";
import { Type } from "@sinclair/typebox";
import type { TaskGroup } from "../supervisor/group.ts";
import type { HttpDeps } from "./deps.ts";
import { readJson } from "./json-body.ts";
import { invalid } from "./problem.ts";
import { type Query, flag, integer } from "./query.ts";
import { answer } from "./tasks.ts";
import {
  STDIN_TIMEOUT_MS,
  pauseDocs,
  reloadDocs,
  restartDocs,
  resumeDocs,
  runDocs,
  signalDocs,
  startDocs,
  stdinDocs,
  stopDocs,
} from "./verb-docs.ts";
import { type Asked, MAX_WAIT_MS, patient, waiter } from "./waiting.ts";

const MAX_INDEX = 999;
const SignalOrder = Type.Object({ signal: Signal }, { additionalProperties: false });

interface OfTask extends Asked {
  readonly params: { readonly name: string };
}

export function verbRoutes({ supervisor, clock }: HttpDeps) {
  /** Does it, and answers with the task when it is as `wait` says. */
  const answered =
    (act: (name: string, which: Which) => TaskGroup | Promise<TaskGroup>) =>
    async ({ params, query, request, server }: OfTask): Promise<Response> => {
      const wait = waiter(supervisor, { request, server, query });
      const which = whichOf(query);
      return answer(200, await wait(await act(params.name, which)));
    };
  return new Elysia({ name: "verbs", prefix: "/tasks" })
    .post(
      "/:name/start",
      answered((name, which) => supervisor.start(name, which)),
      {
        parse: "none",
        detail: startDocs,
      },
    )
    .post(
      "/:name/stop",
      answered((name, which) => supervisor.stop(name, which)),
      {
        parse: "none",
        detail: stopDocs,
      },
    )
    .post(
      "/:name/restart",
      (context) => {
        const rolling = flag(context.query, "rolling");
        if (rolling && context.query["index"] !== undefined)
          throw invalid("/rolling", "not together with index");
        return answered((name, which) => supervisor.restart(name, { ...which, rolling }))(context);
      },
      { parse: "none", detail: restartDocs },
    )
    .post(
      "/:name/reload",
      answered((name, which) => supervisor.reload(name, which)),
      {
        parse: "none",
        detail: reloadDocs,
      },
    )
    .post(
      "/:name/run",
      answered((name) => supervisor.runNow(name)),
      { parse: "none", detail: runDocs },
    )
    .post(
      "/:name/pause",
      answered((name) => supervisor.pause(name)),
      { parse: "none", detail: pauseDocs },
    )
    .post(
      "/:name/resume",
      answered((name) => supervisor.resume(name)),
      { parse: "none", detail: resumeDocs },
    )
    .post(
      "/:name/signal",
      (context) => {
        const signal = signalOf(context.body);
        return answered((name, which) => supervisor.signal(name, signal, which))(context);
      },
      { parse: "text", detail: signalDocs },
    )
    .post(
      "/:name/stdin",
      async ({ params: { name }, body, query, request, server }) => {
        const timeout = integer(query, "timeout_ms", 0, MAX_WAIT_MS) ?? STDIN_TIMEOUT_MS;
        const which = whichOf(query);
        patient({ request, server });
        await within(clock, timeout, supervisor.write(name, bytesOf(body), which));
        return new Response(null, { status: 204 });
      },
      { parse: "arrayBuffer", detail: stdinDocs },
    );
}

interface Which {
  readonly index?: number;
}

function whichOf(query: Query): Which {
  const index = integer(query, "index", 0, MAX_INDEX);
  return index === null ? {} : { index };
}

function signalOf(body: unknown): Signal {
  const parsed = parse(SignalOrder, readJson(body));
  if (!parsed.ok) throw new InvalidError(parsed.issues);
  return parsed.value.signal;
}

function bytesOf(body: unknown): Uint8Array {
  return body instanceof ArrayBuffer ? new Uint8Array(body) : new Uint8Array();
}

/** Throws `timeout`. */
async function within(clock: Clock, timeoutMs: number, work: Promise<void>): Promise<void> {
  const late = Promise.withResolvers<never>();
  const error = new MeprocError("timeout", "The process has not read all of it yet");
  const cancel = clock.at(clock.now().mono + timeoutMs, () => late.reject(error));
  try {
    await Promise.race([work, late.promise]);
  } finally {
    cancel();
  }
}
