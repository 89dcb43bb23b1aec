/**
 * The HTTP surface as one Elysia app over its dependencies. It owns what all routes share: who may come in, what an
 * error looks like, which headers every answer carries. The routes are in a file for each resource.
 */
import { Elysia } from "elysia";
import { MeprocError } from "../domain/errors.ts";
import { authorize, errorAnswer, identify } from "./access.ts";
import { accountRoutes } from "./accounts.ts";
import { allowedMethods } from "./allowed-methods.ts";
import { auditRoutes } from "./audit.ts";
import { leaveTrail, targetOf } from "./audit-trail.ts";
import { bounded } from "./bounded.ts";
import { bulkRoutes } from "./bulk.ts";
import { companionRoutes } from "./companions.ts";
import type { HttpDeps } from "./deps.ts";
import { documentRoutes } from "./document.ts";
import { full } from "./entrance.ts";
import { eventRoutes } from "./events.ts";
import { makeGuard } from "./guard.ts";
import { healthRoutes } from "./health.ts";
import { legacyAnswer } from "./legacy-answer.ts";
import { legacyRoutes } from "./legacy.ts";
import { measured } from "./measured.ts";
import { outputFileRoutes } from "./output-files.ts";
import { outputRoutes } from "./output.ts";
import { API, isApi, pathOf } from "./paths.ts";
import { pageRoutes } from "./page.ts";
import { plainProblem } from "./problem.ts";
import { logRefusal } from "./refusal.ts";
import { remoteAddress } from "./remote-address.ts";
import { runRoutes } from "./runs.ts";
import { scheduleRoutes } from "./schedule.ts";
import { SECURITY_HEADERS } from "./security-headers.ts";
import { sessionRoutes } from "./sessions.ts";
import { setRoutes } from "./sets.ts";
import { systemRoutes } from "./system.ts";
import { taskRoutes } from "./tasks.ts";
import { FullError } from "./turnstile.ts";
import { verbRoutes } from "./verbs.ts";
import { currentVisit, during, newVisit } from "./visit.ts";
import { webhookRoutes } from "./webhooks.ts";

export const MAX_BODY_BYTES = 1 << 20;
/** What is sent beyond this is cut off without a word; up to it there is an answer that says why. */
export const MAX_TRANSFER_BYTES = 4 << 20;
/** A stop may take its 10 s and the kill another 5 before there is an answer. */
const ANSWER_TIMEOUT_S = 60;
const PREFLIGHT_AGE_S = "600";

export async function createApp(core: HttpDeps) {
  const deps = bounded(core);
  const page = core.pageDir === null ? null : await pageRoutes(core.pageDir);
  const pagePaths = new Set(page?.routes.map(({ path }) => path));
  const rules = { isPage: (route: string) => pagePaths.has(route), metricsOpen: core.config.metricsOpen };
  const trail = { audit: core.audit, clock: core.clock, newId: () => Bun.randomUUIDv7() };
  const { ips, web, allowedHosts, corsOrigins } = core.config;
  const guard = makeGuard({ ips, names: [web.ip, ...allowedHosts], origins: corsOrigins });
  const app = new Elysia({
    normalize: false,
    nativeStaticResponse: false,
    serve: { maxRequestBodySize: MAX_TRANSFER_BYTES, idleTimeout: ANSWER_TIMEOUT_S },
  })
    .wrap((answer) => (request: Request) => {
      const address = remoteAddress(request, app.server);
      const visit = newVisit(address);
      return during(visit, async () => {
        // typed as a function that gives functions; it answers
        const response = (await answer(request)) as unknown as Response;
        leaveTrail(trail, visit, request.method, response.status);
        return response;
      });
    })
    .onRequest(async ({ request, set }) => {
      Object.assign(set.headers, SECURITY_HEADERS);
      const cors = guard.cors(request);
      Object.assign(set.headers, cors);
      const path = pathOf(request);
      if (Number(request.headers.get("content-length")) > MAX_BODY_BYTES) return tooLarge(path);
      const refusal = guard.check(request);
      if (refusal === null && cors !== null && isPreflight(request)) return preflight();
      if (refusal === null) return await identify(currentVisit(), deps, request, path);
      deps.log("warn", `Refused ${request.method} ${path}: ${refusal.reason}`);
      return refused(path, refusal.status, refusal.reason);
    })
    .onBeforeHandle((context) => {
      const { request, route } = context;
      const visit = currentVisit();
      visit.route = route;
      visit.target = targetOf(context);
      authorize(visit, request.method, route, rules);
    })
    .onBeforeHandle(({ body, request, server }) => {
      server?.timeout(request, ANSWER_TIMEOUT_S);
      if (sizeOf(body) > MAX_BODY_BYTES) return tooLarge(pathOf(request));
      return undefined;
    })
    .use(deps.traces?.plugin ?? new Elysia({ name: "traces" }))
    .use(measured(deps.metrics))
    .onError(({ error, code, request }) => {
      const path = pathOf(request);
      if (error instanceof MeprocError) {
        logRefusal(deps.log, request, error);
        return errorAnswer(error, isApi(path));
      }
      if (error instanceof FullError) return full(path, error);
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
        .use(systemRoutes(deps))
        .use(sessionRoutes(deps))
        .use(accountRoutes(deps))
        .use(auditRoutes(deps));
    })
    .use(healthRoutes(deps));
  const unknownPath = (method: string, path: string): Response => {
    const allow = allowedMethods(app.routes, path);
    if (allow === null) return notFound(path);
    if (method === "OPTIONS") return new Response(null, { status: 204, headers: { allow } });
    return methodNotAllowed(path, allow);
  };
  return page === null ? app : app.use(page);
}

function sizeOf(body: unknown): number {
  if (typeof body === "string") return Buffer.byteLength(body);
  return body instanceof ArrayBuffer ? body.byteLength : 0;
}

function isPreflight(request: Request): boolean {
  return request.method === "OPTIONS" && request.headers.has("access-control-request-method");
}

/** To a page of a configured origin, which is told so by the headers of every answer. */
function preflight(): Response {
  return new Response(null, {
    status: 204,
    headers: {
      "access-control-allow-methods": "GET, HEAD, POST, PUT, PATCH, DELETE",
      "access-control-allow-headers": "authorization, content-type, if-match, last-event-id",
      "access-control-max-age": PREFLIGHT_AGE_S,
    },
  });
}

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
