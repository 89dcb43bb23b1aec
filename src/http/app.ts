/**
 * The HTTP surface as one Elysia app over its dependencies. It owns what all routes share: who may come in, what an
 * error looks like, which headers every answer carries. The routes are in a file for each resource.
 */
import { Elysia } from "elysia";
import { MeprocError } from "../domain/errors.ts";
import { allowedMethods } from "./allowed-methods.ts";
import { bulkRoutes } from "./bulk.ts";
import { companionRoutes } from "./companions.ts";
import type { HttpDeps } from "./deps.ts";
import { documentRoutes } from "./document.ts";
import { eventRoutes } from "./events.ts";
import { makeGuard } from "./guard.ts";
import { healthRoutes } from "./health.ts";
import { legacyAnswer, legacyError } from "./legacy-answer.ts";
import { legacyRoutes } from "./legacy.ts";
import { measured } from "./measured.ts";
import { outputFileRoutes } from "./output-files.ts";
import { outputRoutes } from "./output.ts";
import { pageRoutes } from "./page.ts";
import { plainProblem, problemResponse } from "./problem.ts";
import { logRefusal, pathOf } from "./refusal.ts";
import { runRoutes } from "./runs.ts";
import { scheduleRoutes } from "./schedule.ts";
import { setRoutes } from "./sets.ts";
import { systemRoutes } from "./system.ts";
import { taskRoutes } from "./tasks.ts";
import { verbRoutes } from "./verbs.ts";
import { webhookRoutes } from "./webhooks.ts";

export const MAX_BODY_BYTES = 1 << 20;
/** What is sent beyond this is cut off without a word; up to it there is an answer that says why. */
const MAX_TRANSFER_BYTES = 16 << 20;
/** A stop may take its 10 s and the kill another 5 before there is an answer; the default of 10 would cut that off. */
const IDLE_TIMEOUT_S = 60;
const API = "/api/v1";

const SECURITY_HEADERS = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
};

export async function createApp(deps: HttpDeps) {
  const guard = makeGuard({ names: [deps.config.ip, deps.config.web.ip] });
  const app = new Elysia({
    normalize: false,
    nativeStaticResponse: false,
    serve: { maxRequestBodySize: MAX_TRANSFER_BYTES, idleTimeout: IDLE_TIMEOUT_S },
  })
    .onRequest(({ request, set }) => {
      Object.assign(set.headers, SECURITY_HEADERS);
      const path = pathOf(request);
      if (Number(request.headers.get("content-length")) > MAX_BODY_BYTES) return tooLarge(path);
      const refusal = guard(request);
      if (refusal === null) return undefined;
      deps.log("warn", `Refused ${request.method} ${path}: ${refusal.reason}`);
      return refused(path, refusal.status, refusal.reason);
    })
    .onBeforeHandle(({ body, request }) => {
      if (sizeOf(body) > MAX_BODY_BYTES) return tooLarge(pathOf(request));
      return undefined;
    })
    .use(deps.traces?.plugin ?? new Elysia({ name: "traces" }))
    .use(measured(deps.metrics))
    .onError(({ error, code, request }) => {
      const path = pathOf(request);
      if (error instanceof MeprocError) {
        logRefusal(deps.log, request, error);
        return isApi(path) ? problemResponse(error) : legacyError(error);
      }
      if (code === "NOT_FOUND") return unknownPath(request.method, path);
      if (code === "PARSE") return badRequest(path);
      deps.log("error", `${request.method} ${path} failed: ${describe(error)}`);
      return failed(path);
    })
    .use(documentRoutes(deps))
    .use(legacyRoutes(deps))
    .group(API, (api) => {
      return api
        .use(taskRoutes(deps))
        .use(bulkRoutes(deps))
        .use(verbRoutes(deps))
        .use(setRoutes(deps))
        .use(scheduleRoutes(deps))
        .use(runRoutes(deps))
        .use(outputRoutes(deps))
        .use(outputFileRoutes(deps))
        .use(eventRoutes(deps))
        .use(companionRoutes(deps))
        .use(webhookRoutes(deps))
        .use(systemRoutes(deps));
    })
    .use(healthRoutes(deps));
  const unknownPath = (method: string, path: string): Response => {
    const allow = allowedMethods(app.routes, path);
    if (allow === null) return notFound(path);
    if (method === "OPTIONS") return new Response(null, { status: 204, headers: { allow } });
    return methodNotAllowed(path, allow);
  };
  if (deps.pageDir === null) return app;
  return app.use(await pageRoutes(deps.pageDir));
}

function sizeOf(body: unknown): number {
  if (typeof body === "string") return Buffer.byteLength(body);
  return body instanceof ArrayBuffer ? body.byteLength : 0;
}

const isApi = (path: string): boolean => path === API || path.startsWith(`${API}/`);
const describe = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function refused(path: string, status: 403 | 421, reason: string): Response {
  if (!isApi(path)) return legacyAnswer(status, `Refused: ${reason}`);
  return plainProblem({ type: "about:blank", title: "Refused", status, code: "forbidden", detail: reason });
}

function notFound(path: string): Response {
  if (!isApi(path)) return legacyAnswer(404, "Not Found");
  const detail = "There is nothing at this path; /swagger lists what there is";
  return plainProblem({ type: "about:blank", title: "Not found", status: 404, code: "not_found", detail });
}

function methodNotAllowed(path: string, allow: string): Response {
  if (!isApi(path)) return legacyAnswer(405, "Method not allowed", undefined, { allow });
  const detail = `This path takes ${allow}`;
  return plainProblem(
    { type: "about:blank", title: "Method not allowed", status: 405, code: "method_not_allowed", detail },
    { allow },
  );
}

function tooLarge(path: string): Response {
  const detail = "The body is larger than 1 MiB";
  if (!isApi(path)) return legacyAnswer(413, detail);
  return plainProblem({ type: "about:blank", title: "Too large", status: 413, code: "invalid", detail });
}

function badRequest(path: string): Response {
  const detail = "The request could not be read";
  if (!isApi(path)) return legacyAnswer(400, detail);
  return plainProblem({ type: "about:blank", title: "Bad request", status: 400, code: "invalid", detail });
}

function failed(path: string): Response {
  const detail = "Something went wrong inside the service; its log says what";
  if (!isApi(path)) return legacyAnswer(500, detail);
  return plainProblem({
    type: "about:blank",
    title: "Internal error",
    status: 500,
    code: "internal",
    detail,
  });
}
