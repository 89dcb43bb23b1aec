/** /api/v1/events: every fact as it happens, and those that a reader has missed. */
import { Elysia } from "elysia";
import type { Fact } from "../domain/fact.ts";
import type { HttpDeps } from "./deps.ts";
import { INVALID, type Parameter, documented, query } from "./docs.ts";
import { factView } from "./fact-view.ts";
import { invalid } from "./problem.ts";
import type { Query } from "./query.ts";
import { type SseWriter, sseResponse } from "./sse.ts";
import { FACT_EXAMPLE } from "./task-example.ts";

/** A client that has not read this many facts is told so, and reads the list again. */
const MAX_PENDING = 1000;
/** How many are read from the store at a time. */
const PAGE = 500;

const resumed: Parameter = {
  name: "Last-Event-ID",
  in: "header",
  description: "The id of the last fact that was read: those after it come first",
  schema: { type: "string", pattern: "^\\d{1,15}$" },
  example: "7",
};

export function eventRoutes(deps: HttpDeps) {
  return new Elysia({ name: "events" }).get(
    "/events",
    ({ request, server, query }) => {
      const wanted = { task: query["task"] ?? null, after: beginOf(request, query) };
      return sseResponse({ request, server, turnstile: deps.turnstile }, (writer) =>
        tellFacts(writer, deps, wanted),
      );
    },
    {
      detail: documented({
        tag: "Events",
        summary: "What happens, as it happens",
        description:
          "Server-sent events named `fact`, each a JSON object with id, time, kind, task, alias, from, to, reason and actor (null where there is none), and what else belongs to its kind. With Last-Event-ID, or `after`, those that were missed come first, as long as they are kept. A client that reads too slowly, or comes too late, gets an event `gap` with the number of facts it missed.",
        parameters: [
          query("task", "Only facts about this task", { type: "string" }),
          query("after", "As Last-Event-ID, for who cannot send it", {
            type: "string",
            pattern: "^\\d{1,15}$",
          }),
          resumed,
        ],
        answers: {
          200: {
            description: "A stream of events",
            type: "text/event-stream",
            schema: { type: "string" } as never,
            example: `id: 7\nevent: fact\ndata: ${JSON.stringify(FACT_EXAMPLE)}\n\n`,
          },
          400: INVALID,
        },
      }),
    },
  );
}

interface Wanted {
  readonly task: string | null;
  /** The last fact that was read; `null` for one who wants to hear only what comes. */
  readonly after: number | null;
}

function beginOf(request: Request, query: Query): number | null {
  const text = request.headers.get("last-event-id") ?? query["after"];
  if (text === undefined || text === "") return null;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw invalid("/after", "expected the id of a fact");
}

type Source = Pick<HttpDeps, "subscribe" | "facts">;

async function tellFacts(writer: SseWriter, { subscribe, facts }: Source, wanted: Wanted): Promise<void> {
  const pending: Fact[] = [];
  let told = wanted.after ?? 0;
  let missed = 0;
  let busy = true;
  let replaying = wanted.after !== null;
  /** What was pushed aside while the store was read has to be read from there. */
  let behind = false;
  const send = (fact: Fact): boolean => {
    told = fact.id;
    return writer.send({ event: "fact", id: String(fact.id), data: JSON.stringify(factView(fact)) });
  };
  const flush = async (): Promise<void> => {
    busy = true;
    while (pending.length > 0 && !writer.signal.aborted) {
      if (missed > 0) sendGap(writer, missed);
      missed = 0;
      const sent = pending.splice(0).map((fact) => fact.id <= told || send(fact));
      if (sent.at(-1) === false) await writer.drained();
    }
    busy = false;
  };
  const cancel = subscribe((fact) => {
    if (wanted.task !== null && taskOf(fact) !== wanted.task) return;
    pending.push(fact);
    const aside = pending.splice(0, Math.max(0, pending.length - MAX_PENDING)).length;
    if (replaying) behind ||= aside > 0;
    else missed += aside;
    if (!busy) void flush();
  });
  writer.signal.addEventListener("abort", cancel);
  if (wanted.after !== null) {
    const [oldest] = facts.facts({ limit: 1 });
    if (oldest !== undefined && oldest.id > wanted.after + 1) sendGap(writer, oldest.id - wanted.after - 1);
    while (replaying && !writer.signal.aborted) {
      behind = false;
      const page = facts.facts({
        after: told,
        limit: PAGE,
        ...(wanted.task === null ? {} : { task: wanted.task }),
      });
      const sent = page.map(send);
      if (sent.at(-1) === false) await writer.drained();
      replaying = page.length === PAGE || behind;
    }
  }
  await flush();
}

function sendGap(writer: SseWriter, missed: number): void {
  writer.send({ event: "gap", data: JSON.stringify({ missed_facts: missed }) });
}

function taskOf(fact: Fact): string | null {
  return "task" in fact ? fact.task : null;
}
