/** /api/v1/tasks/{name}/output: captured output by pages, and as it is written. */
import { Elysia } from "elysia";
import type { OutputArchive } from "../domain/output.ts";
import { isPosition } from "../domain/position.ts";
import type { HttpDeps } from "./deps.ts";
import { INVALID, NOT_FOUND, type Parameter, documented } from "./docs.ts";
import { invalid } from "./problem.ts";
import { type SseWriter, sseResponse } from "./sse.ts";
import { taskName } from "./tasks.ts";

const DEFAULT_BYTES = 64 << 10;
const MAX_BYTES = 64 << 20;
const tag = "Output";
const replica: Parameter = {
  name: "replica",
  in: "query",
  description: "The replica's index",
  schema: { type: "integer", minimum: 0, default: 0 },
};
const position = { type: "string", pattern: "^\\d{4}-\\d{2}-\\d{2}:\\d+$" };

export function outputRoutes({ supervisor, output }: HttpDeps) {
  const aliasOf = (name: string, query: Query): string => {
    const { instances } = supervisor.get(name);
    const index = integer(query, "replica", 0, instances.length - 1, 0);
    return instances[index]?.alias ?? name;
  };
  return new Elysia({ name: "output", prefix: "/tasks" })
    .get(
      "/:name/output",
      async ({ params, query }) => {
        const alias = aliasOf(params.name, query);
        const limit = integer(query, "bytes", 1, MAX_BYTES, DEFAULT_BYTES);
        const page = await output.page(alias, place(query, "before"), limit);
        return new Response(page.bytes as Uint8Array<ArrayBuffer>, {
          headers: {
            "content-type": "application/octet-stream",
            "cache-control": "no-store",
            "meproc-output-from": page.from,
            "meproc-output-to": page.to,
            "meproc-output-more": String(page.more),
          },
        });
      },
      {
        detail: documented({
          tag,
          summary: "A page of captured output",
          description:
            "The bytes as they were written, stdout and stderr in the order in which they were read. The headers Meproc-Output-From, -To and -More say where the page lies and whether there is more before it.",
          parameters: [
            taskName,
            replica,
            {
              name: "before",
              in: "query",
              description: "The position at which the page ends; the newest if not given",
              schema: position,
            },
            {
              name: "bytes",
              in: "query",
              description: "How many bytes at most",
              schema: { type: "integer", minimum: 1, maximum: MAX_BYTES, default: DEFAULT_BYTES },
            },
          ],
          answers: {
            200: {
              description: "The bytes",
              type: "application/octet-stream",
              schema: { type: "string", format: "binary" } as never,
            },
            400: INVALID,
            404: NOT_FOUND,
          },
        }),
      },
    )
    .get(
      "/:name/output/stream",
      ({ params, query, request, server }) => {
        const alias = aliasOf(params.name, query);
        const resumed = request.headers.get("last-event-id");
        const after = resumed !== null && isPosition(resumed) ? resumed : place(query, "after");
        return sseResponse(request, server, (writer) => tellOutput(writer, output, alias, after));
      },
      {
        detail: documented({
          tag,
          summary: "Output as it is written",
          description:
            "Server-sent events named `output`: the id is the position after the bytes, the data the bytes in base64. A reader that is too slow gets an event `gap` with `missed_bytes`, and goes on with the newest. Last-Event-ID resumes.",
          parameters: [
            taskName,
            replica,
            {
              name: "after",
              in: "query",
              description: "The position to go on from; the newest if not given",
              schema: position,
            },
          ],
          answers: {
            200: {
              description: "A stream of events",
              type: "text/event-stream",
              schema: { type: "string" } as never,
              example: "id: 2026-11-22:3\nevent: output\ndata: aGkK\n\n",
            },
            400: INVALID,
            404: NOT_FOUND,
          },
        }),
      },
    );
}

async function tellOutput(
  writer: SseWriter,
  output: Pick<OutputArchive, "pieces">,
  alias: string,
  after: string | null,
): Promise<void> {
  const query = { aliases: [alias], stream: null, run: null };
  const from = after === null ? { tail: 0 } : { after };
  for await (const { bytes, to, missed_bytes } of output.pieces(query, from, writer.signal)) {
    if (missed_bytes > 0) writer.send({ event: "gap", data: JSON.stringify({ missed_bytes }) });
    const data = Buffer.from(bytes).toString("base64");
    if (!writer.send({ event: "output", id: to, data })) await writer.drained();
  }
}

type Query = Readonly<Record<string, string | undefined>>;

function integer(query: Query, name: string, least: number, most: number, otherwise: number): number {
  const text = query[name];
  if (text === undefined) return otherwise;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : -1;
  if (value >= least && value <= most) return value;
  throw invalid(`/${name}`, `expected an integer from ${least} to ${most}`);
}

function place(query: Query, name: string): string | null {
  const text = query[name];
  if (text === undefined) return null;
  if (isPosition(text)) return text;
  throw invalid(`/${name}`, "expected a position such as 2026-11-22:4096");
}
