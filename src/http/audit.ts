/** /api/v1/audit: who did what, from where, when, and what came of it. Nothing here removes any of it. */
import { Elysia } from "elysia";
import { auditView } from "./account-views.ts";
import type { HttpDeps } from "./deps.ts";
import { INVALID, documented, problem, query, ref } from "./docs.ts";
import { integer } from "./query.ts";

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1000;

export function auditRoutes({ audit }: Pick<HttpDeps, "audit">) {
  return new Elysia({ name: "audit" }).get(
    "/audit",
    ({ query: asked }) => {
      const limit = integer(asked, "limit", 1, MAX_LIMIT) ?? DEFAULT_LIMIT;
      const { cursor, actor } = asked;
      const found = audit.audit({
        limit: limit + 1,
        ...(cursor === undefined ? {} : { before: cursor }),
        ...(actor === undefined ? {} : { actor }),
      });
      const items = found.slice(0, limit);
      const more = found.length > limit;
      return { items: items.map(auditView), next_cursor: more ? (items.at(-1)?.id ?? null) : null };
    },
    {
      detail: documented({
        tag: "Access",
        summary: "Who did what",
        description:
          "Every request that was to change something, every login, and what was refused; the newest first. It cannot be changed or removed over the API. For an admin.",
        parameters: [
          query("actor", "Only what somebody did", { type: "string" }, "user:anna"),
          query("limit", "How many at most", {
            type: "integer",
            minimum: 1,
            maximum: MAX_LIMIT,
            default: DEFAULT_LIMIT,
          }),
          query("cursor", "The `next_cursor` of the page before", { type: "string" }),
        ],
        answers: {
          200: { description: "The entries", schema: ref("AuditList") },
          400: INVALID,
          403: problem("The caller's role is not enough", "forbidden", 403),
        },
      }),
    },
  );
}
