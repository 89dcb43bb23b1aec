/** /api/v1/schedule: what runs when, and the calculator of schedules. */
import { Elysia } from "elysia";
import { cronProblem, nextTimes } from "../supervisor/schedule.ts";
import { localTimezone, zoneProblem } from "../supervisor/zone.ts";
import type { HttpDeps } from "./deps.ts";
import { INVALID, documented, query, ref } from "./docs.ts";
import { invalid } from "./problem.ts";
import { type Query, integer } from "./query.ts";
import { rfc3339 } from "./schemas.ts";
import { SINCE, parseAhead } from "./since.ts";

const tag = "Schedule";
const MAX_PREVIEW = 100;
const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1000;
const ZONE = "expected the IANA name of a time zone, such as Europe/Berlin";
const DAY_MS = 86_400_000;
/** Beyond, a rare schedule would be looked for long. */
const MAX_SPAN_MS = 366 * DAY_MS;
const when = "a time of RFC 3339, or how long from now (`15m`, `2h`, `3d`)";

export function scheduleRoutes({ supervisor, clock }: HttpDeps) {
  return new Elysia({ name: "schedule" })
    .get(
      "/schedule",
      ({ query }) => {
        const { from, to, limit } = spanOf(query, clock.now().wall);
        const items = supervisor.agenda(from, to, limit);
        return { items: items.map(({ task, at }) => ({ task, at: rfc3339(at) })), next_cursor: null };
      },
      {
        detail: documented({
          tag,
          summary: "The next runs of every schedule",
          description:
            "In the order of time; of schedules that are followed, so none of one that is paused or stopped.",
          parameters: [
            query("from", `The first time: ${when}; now if not given`, SINCE),
            query("to", `The last time: ${when}; a day after \`from\` if not given`, SINCE),
            query("limit", "How many at most", {
              type: "integer",
              minimum: 1,
              maximum: MAX_LIMIT,
              default: DEFAULT_LIMIT,
            }),
          ],
          answers: {
            200: {
              description: "The runs to come",
              schema: ref("Agenda"),
              example: { items: [{ task: "backup", at: "2026-11-23T03:00:00.000Z" }], next_cursor: null },
            },
            400: INVALID,
          },
        }),
      },
    )
    .get(
      "/schedule/preview",
      ({ query }) => {
        const expression = query["cron"] ?? "";
        const count = integer(query, "count", 1, MAX_PREVIEW) ?? 3;
        const timezone = query["timezone"] ?? localTimezone();
        if (zoneProblem(timezone) !== null) throw invalid("/timezone", ZONE);
        const problem = cronProblem(expression);
        const next = problem === null ? nextTimes(expression, clock.now().wall, count, timezone) : [];
        return { timezone, problem, next: next.map((time) => time.toISOString()) };
      },
      {
        detail: documented({
          tag,
          summary: "The next times of a schedule",
          description:
            "Checks a cron expression, also one that is being typed, and computes when it would run. `problem` says in words what is wrong with it, or is null.",
          parameters: [
            { ...query("cron", "The expression", { type: "string" }, "*/5 * * * *"), required: true },
            query(
              "timezone",
              "The zone, by its IANA name; the service's own if not given",
              { type: "string" },
              "UTC",
            ),
            query("count", "How many times", {
              type: "integer",
              minimum: 1,
              maximum: MAX_PREVIEW,
              default: 3,
            }),
          ],
          answers: {
            200: {
              description: "The times",
              schema: ref("Preview"),
              example: {
                timezone: "UTC",
                problem: null,
                next: ["2026-11-22T12:05:00.000Z", "2026-11-22T12:10:00.000Z"],
              },
            },
            400: INVALID,
          },
        }),
      },
    );
}

function spanOf(query: Query, now: number) {
  const { from: begin, to: end } = query;
  const from = begin === undefined ? now : parseAhead(begin, now, "/from");
  const to = end === undefined ? from + DAY_MS : parseAhead(end, now, "/to");
  if (to < from) throw invalid("/to", "expected a time after that of from");
  if (to - from > MAX_SPAN_MS) throw invalid("/to", "expected a time within 366 days of from");
  return { from, to, limit: integer(query, "limit", 1, MAX_LIMIT) ?? DEFAULT_LIMIT };
}
