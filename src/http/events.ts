/** /api/v1/events: every fact as it happens. */
import { Elysia } from "elysia";
import type { Fact } from "../domain/fact.ts";
import type { HttpDeps } from "./deps.ts";
import { documented } from "./docs.ts";
import { type SseWriter, sseResponse } from "./sse.ts";

/** A client that has not read this many facts is told so, and reads the list again. */
const MAX_PENDING = 1000;

export function eventRoutes({ subscribe }: HttpDeps) {
  return new Elysia({ name: "events" }).get(
    "/events",
    ({ request, server }) => sseResponse(request, server, (writer) => tellFacts(writer, subscribe)),
    {
      detail: documented({
        tag: "Events",
        summary: "What happens, as it happens",
        description:
          "Server-sent events named `fact`, each a JSON object with id, time, kind and what it is about. A client that reads too slowly gets an event `gap` with the number of facts it missed.",
        answers: {
          200: {
            description: "A stream of events",
            type: "text/event-stream",
            schema: { type: "string" } as never,
            example: 'id: 7\nevent: fact\ndata: {"id":7,"kind":"task.started","task":"web"}\n\n',
          },
        },
      }),
    },
  );
}

async function tellFacts(writer: SseWriter, subscribe: HttpDeps["subscribe"]): Promise<void> {
  const pending: Fact[] = [];
  let missed = 0;
  let flushing = false;
  const flush = async () => {
    flushing = true;
    while (pending.length > 0 && !writer.signal.aborted) {
      if (missed > 0) writer.send({ event: "gap", data: JSON.stringify({ missed_facts: missed }) });
      missed = 0;
      const sent = pending.splice(0).map((fact) => {
        return writer.send({ event: "fact", id: String(fact.id), data: JSON.stringify(fact) });
      });
      if (sent.at(-1) === false) await writer.drained();
    }
    flushing = false;
  };
  const cancel = subscribe((fact) => {
    pending.push(fact);
    if (pending.length > MAX_PENDING) missed += pending.splice(0, pending.length - MAX_PENDING).length;
    if (!flushing) void flush();
  });
  writer.signal.addEventListener("abort", cancel);
}
