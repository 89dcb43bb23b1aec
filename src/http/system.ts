/** What is said about the service itself. */
import { hostname } from "node:os";
import { Elysia } from "elysia";
import { localTimezone } from "../supervisor/zone.ts";
import type { HttpDeps } from "./deps.ts";
import { documented } from "./docs.ts";

export function systemRoutes({
  supervisor,
  clock,
  version,
  storeTrouble,
  outputTrouble,
  warnings,
}: HttpDeps) {
  const started = clock.now();
  return new Elysia({ name: "system" }).get(
    "/system",
    () => {
      const groups = supervisor.list();
      const processes = groups.flatMap(({ instances }) => instances.flatMap(({ lives }) => lives));
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
        warnings,
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
              warnings: [],
              counts: { tasks: 12, processes: 30 },
            },
          },
        },
      }),
    },
  );
}
