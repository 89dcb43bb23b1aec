/** What is said about the service itself, and the calculator of schedules. */
import { hostname } from "node:os";
import { Elysia } from "elysia";
import { cronProblem, localTimezone, nextTimes } from "../supervisor/schedule.ts";
import type { HttpDeps } from "./deps.ts";
import { INVALID, documented } from "./docs.ts";
import { invalid } from "./problem.ts";

const MAX_PREVIEW = 100;

export function systemRoutes({ supervisor, clock, version, storeTrouble, outputTrouble }: HttpDeps) {
  const started = clock.now();
  return new Elysia({ name: "system" })
    .get(
      "/system",
      () => {
        const groups = supervisor.list();
        const processes = groups.flatMap(({ instances }) => instances).filter(({ live }) => live !== null);
        return {
          name: "meproc",
          version,
          host: hostname(),
          platform: `${process.platform}-${process.arch}`,
          pid: process.pid,
          started_at: new Date(started.wall).toISOString(),
          uptime_ms: Math.round(clock.now().mono - started.mono),
          timezone: localTimezone(),
          store_trouble: storeTrouble(),
          output_trouble: outputTrouble(),
          counts: { tasks: groups.length, processes: processes.length },
        };
      },
      {
        detail: documented({
          tag: "Service",
          summary: "The service",
          description: "Version, host, uptime and counts.",
          answers: {
            200: {
              description: "About the service",
              example: {
                name: "meproc",
                version: "2.0.0",
                host: "server1",
                platform: "linux-x64",
                pid: 1,
                started_at: "2026-11-22T12:00:00.000Z",
                uptime_ms: 86400000,
                timezone: "UTC",
                store_trouble: null,
                output_trouble: null,
                counts: { tasks: 12, processes: 30 },
              },
            },
          },
        }),
      },
    )
    .get(
      "/schedule/preview",
      ({ query }) => {
        const expression = query["cron"] ?? "";
        const count = previewCount(query["count"]);
        const problem = cronProblem(expression);
        const next = problem === null ? nextTimes(expression, clock.now().wall, count) : [];
        return { timezone: localTimezone(), problem, next: next.map((time) => time.toISOString()) };
      },
      {
        detail: documented({
          tag: "Service",
          summary: "The next times of a schedule",
          description:
            "Checks a cron expression, also one that is being typed, and computes when it would run in the time zone of the service. `problem` says in words what is wrong with it, or is null.",
          parameters: [
            {
              name: "cron",
              in: "query",
              required: true,
              description: "The expression",
              schema: { type: "string" },
              example: "*/5 * * * *",
            },
            {
              name: "count",
              in: "query",
              description: "How many times",
              schema: { type: "integer", minimum: 1, maximum: MAX_PREVIEW, default: 3 },
            },
          ],
          answers: {
            200: {
              description: "The times",
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

function previewCount(text: string | undefined): number {
  if (text === undefined) return 3;
  const count = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= MAX_PREVIEW) return count;
  throw invalid("/count", `expected an integer from 1 to ${MAX_PREVIEW}`);
}
