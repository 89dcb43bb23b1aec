/** /api/v1/tasks/{name}/output: captured output, read, followed and cleared. */
import { Elysia } from "elysia";
import type { HttpDeps } from "./deps.ts";
import { clearOutputDocs, outputDocs, outputStreamDocs } from "./output-docs.ts";
import { filtersOf } from "./output-query.ts";
import { readTaskOutput } from "./output-read.ts";
import { beginOf, tellOutput } from "./output-stream.ts";
import { aliasesOf } from "./replicas.ts";
import { sseResponse } from "./sse.ts";

export function outputRoutes(deps: HttpDeps) {
  const { supervisor, captured, keeper, turnstile } = deps;
  return new Elysia({ name: "output", prefix: "/tasks" })
    .get(
      "/:name/output",
      ({ params, query, request, server }) => {
        const aliases = aliasesOf(supervisor.get(params.name), query);
        return readTaskOutput(deps, aliases, { request, server, query });
      },
      { detail: outputDocs },
    )
    .delete(
      "/:name/output",
      async ({ params, query }) => {
        await keeper.clear(aliasesOf(supervisor.get(params.name), query));
        return new Response(null, { status: 204 });
      },
      { parse: "none", detail: clearOutputDocs },
    )
    .get(
      "/:name/output/stream",
      ({ params, query, request, server }) => {
        const aliases = aliasesOf(supervisor.get(params.name), query);
        const { stream, run } = filtersOf({ stream: query["stream"], run: query["run"] }, 0);
        const from = beginOf(request, query);
        return sseResponse({ request, server, turnstile }, (writer) => {
          return tellOutput(writer, captured, { aliases, stream, run }, from);
        });
      },
      { detail: outputStreamDocs },
    );
}
