/** /healthz and /readyz, and /metrics: what machines ask of the service. */
import { Elysia } from "elysia";
import type { HttpDeps } from "./deps.ts";
import { documented } from "./docs.ts";
import { plainProblem } from "./problem.ts";

const tag = "Service";
const OPEN_METRICS = "application/openmetrics-text";
const METRICS_EXAMPLE = '# TYPE meproc_starts counter\nmeproc_starts_total{task="web"} 3\n# EOF\n';

export function healthRoutes({ notReady, metrics }: HttpDeps) {
  return new Elysia({ name: "health" })
    .get("/healthz", () => ({ status: "ok" }), {
      detail: documented({
        tag,
        summary: "Whether the service is alive",
        description: "Answers as soon as the service takes requests.",
        answers: { 200: { description: "It is", example: { status: "ok" } } },
      }),
    })
    .get(
      "/readyz",
      () => {
        const reason = notReady();
        if (reason === null) return { status: "ready" };
        return new Response(JSON.stringify({ status: reason }), {
          status: 503,
          headers: { "content-type": "application/json" },
        });
      },
      {
        detail: documented({
          tag,
          summary: "Whether the service is ready",
          description: "Once it has taken up what an earlier service left, and until it stops or hands over.",
          answers: {
            200: { description: "It is", example: { status: "ready" } },
            503: { description: "Not yet, or no more", example: { status: "stopping" } },
          },
        }),
      },
    )
    .get(
      "/metrics",
      async ({ request }) => {
        if (metrics === null) return noMetrics();
        const open = (request.headers.get("accept") ?? "").includes(OPEN_METRICS);
        const { type, text } = await metrics.scrape(open);
        return new Response(text, { headers: { "content-type": type } });
      },
      {
        detail: documented({
          tag,
          summary: "Metrics",
          description: `For Prometheus, where [metrics] is in the configuration: its text format, or OpenMetrics for who accepts ${OPEN_METRICS}.`,
          answers: {
            200: {
              description: "All metrics",
              type: "text/plain",
              schema: { type: "string" } as never,
              example: METRICS_EXAMPLE,
              also: { [OPEN_METRICS]: { schema: { type: "string" }, example: METRICS_EXAMPLE } },
            },
            404: {
              description: "The configuration does not turn them on",
              type: "application/problem+json",
              schema: { $ref: "#/components/schemas/Problem" },
              example: {
                type: "about:blank",
                title: "Not found",
                status: 404,
                code: "not_found",
                detail: "Metrics are off",
              },
            },
          },
        }),
      },
    );
}

function noMetrics(): Response {
  return plainProblem({
    type: "about:blank",
    title: "Not found",
    status: 404,
    code: "not_found",
    detail: "Metrics are off",
    hint: "A section [metrics] in the configuration turns them on",
  });
}
