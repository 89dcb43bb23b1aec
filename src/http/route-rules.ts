/** Who may call which route. A route without a rule is closed to everybody, and a test says so. */
import type { Role } from "../domain/access.ts";

/**
 * `known` is anybody that we know, `unbounded` anybody who is not bound to tasks, `metrics` the same unless they are open to
 * all, `open` anybody at all.
 */
export type Rule = Role | "known" | "unbounded" | "metrics" | "open";

const TASKS = "/api/v1/tasks";

const RULES: Readonly<Record<string, Rule>> = {
  "GET /healthz": "open",
  "GET /readyz": "open",
  "GET /metrics": "metrics",
  "GET /swagger": "open",
  "GET /swagger/json": "known",

  "GET /proc": "viewer",
  "POST /proc": "admin",
  "PUT /proc": "operator",
  "DELETE /proc": "admin",
  "OPTIONS /proc": "known",
  "ALL /proc": "known",
  "GET /proc/output": "viewer",
  "OPTIONS /proc/output": "known",
  "ALL /proc/output": "known",

  [`GET ${TASKS}`]: "viewer",
  [`POST ${TASKS}`]: "admin",
  [`POST ${TASKS}/start`]: "operator",
  [`POST ${TASKS}/stop`]: "operator",
  [`POST ${TASKS}/restart`]: "operator",
  [`GET ${TASKS}/:name`]: "viewer",
  [`PUT ${TASKS}/:name`]: "admin",
  [`PATCH ${TASKS}/:name`]: "admin",
  [`DELETE ${TASKS}/:name`]: "admin",
  [`POST ${TASKS}/:name/start`]: "operator",
  [`POST ${TASKS}/:name/stop`]: "operator",
  [`POST ${TASKS}/:name/restart`]: "operator",
  [`POST ${TASKS}/:name/reload`]: "operator",
  [`POST ${TASKS}/:name/run`]: "operator",
  [`POST ${TASKS}/:name/pause`]: "operator",
  [`POST ${TASKS}/:name/resume`]: "operator",
  [`POST ${TASKS}/:name/signal`]: "operator",
  [`POST ${TASKS}/:name/stdin`]: "operator",
  [`GET ${TASKS}/:name/output`]: "viewer",
  [`DELETE ${TASKS}/:name/output`]: "admin",
  [`GET ${TASKS}/:name/output/stream`]: "viewer",
  [`GET ${TASKS}/:name/output/files`]: "viewer",
  [`GET ${TASKS}/:name/output/files/:file`]: "viewer",
  "POST /api/v1/plan": "admin",
  "POST /api/v1/apply": "admin",
  "GET /api/v1/runs": "viewer",
  "GET /api/v1/runs/:id": "viewer",
  "GET /api/v1/runs/:id/output": "viewer",
  "GET /api/v1/schedule": "viewer",
  "GET /api/v1/schedule/preview": "viewer",
  "GET /api/v1/events": "viewer",
  "GET /api/v1/system": "viewer",

  "POST /api/v1/session": "open",
  "GET /api/v1/session": "known",
  "DELETE /api/v1/session": "known",
  "GET /api/v1/sessions": "known",
  "DELETE /api/v1/sessions/:id": "known",
  "GET /api/v1/users": "admin",
  "POST /api/v1/users": "admin",
  "PATCH /api/v1/users/:user": "admin",
  "PUT /api/v1/users/:user/password": "admin",
  "DELETE /api/v1/users/:user": "admin",
  "GET /api/v1/tokens": "admin",
  "POST /api/v1/tokens": "admin",
  "DELETE /api/v1/tokens/:id": "admin",
  "GET /api/v1/audit": "admin",
  // what is told to others is of all tasks
  "GET /api/v1/plugins": "unbounded",
  "GET /api/v1/webhooks": "unbounded",
  "GET /api/v1/webhooks/:name/dead-letters": "unbounded",
  "POST /api/v1/webhooks/:name/test": "admin",
  "POST /api/v1/webhooks/:name/dead-letters/:id/retry": "admin",
};

/** All of them, for those who look whether they are complete. */
export const RULED: readonly string[] = Object.keys(RULES);

/** `null` for a route without one. */
export function ruleOf(method: string, route: string): Rule | null {
  const known = method === "HEAD" ? "GET" : method;
  return RULES[`${known} ${route}`] ?? RULES[`ALL ${route}`] ?? null;
}

/**
 * Whether nothing at all is said of this path to somebody unknown, not even that it does not exist. Looked at before a body
 * is read; what it lets through meets the rule of its route.
 */
export function isClosed(method: string, path: string): boolean {
  const plain = path.replace(/\/+$/, "");
  if (method === "POST" && plain === "/api/v1/session") return false;
  return /^\/(api|proc|swagger\/json)(\/|$)/.test(plain);
}
