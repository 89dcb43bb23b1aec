/** Captured output as one answer: a page of it, the newest lines, what a query selects, or what comes from now on. */
import type { Server } from "bun";
import type { OutputLine, OutputPiece, OutputQuery } from "../domain/output.ts";
import { inTurns, nextTurn } from "../domain/in-turns.ts";
import { LineCutter, missedLine } from "../domain/line-cutter.ts";
import { isPosition } from "../domain/position.ts";
import type { HttpDeps } from "./deps.ts";
import { type Form, asBytes, asText, formOf } from "./output-form.ts";
import {
  EVERYTHING,
  filtersOf,
  firstFilter,
  hasFilters,
  refusePaged,
  refuseUnfollowed,
} from "./output-query.ts";
import { invalid } from "./problem.ts";
import { type Query, flag, integer } from "./query.ts";
import { pathOf } from "./paths.ts";
import { type StreamedBody, endlessBody, streamedBody } from "./streamed-body.ts";

export const DEFAULT_BYTES = 64 << 10;
export const MAX_BYTES = 64 << 20;
/** The newest of several replicas, or as JSON, is at most so many lines. */
export const NEWEST_LINES = 1000;
export const FOLLOWED_LINES = 10;
const LINES_AT_ONCE = 1000;

export interface OutputRequest {
  readonly request: Request;
  readonly server: Server<unknown> | null;
  readonly query: Query;
}

/** Output of a task: of one replica or of all, as the query says. */
export function readTaskOutput(deps: HttpDeps, aliases: readonly string[], asked: OutputRequest) {
  const { request, query } = asked;
  if (flag(query, "follow")) return followed(deps, aliases, asked);
  if (hasFilters(query)) {
    refusePaged(query, firstFilter(query));
    const filters = filtersOf(query, deps.clock.now().wall);
    return selected(deps, { ...filters, aliases }, asked);
  }
  const form = formOf(request, asBytes);
  const [alias] = aliases;
  if (alias !== undefined && aliases.length === 1 && form.plain) return page(deps, alias, query, form);
  if (query["before"] !== undefined)
    throw invalid("/before", "only the bytes of one replica have pages: replica says of which");
  return newest(deps, aliases, asked);
}

/** Output of one run, also of a task that is no more. */
export function readRunOutput(deps: HttpDeps, run: string, alias: string, asked: OutputRequest) {
  if (flag(asked.query, "follow")) return followed(deps, [alias], asked, run);
  refusePaged(asked.query, "a run");
  const filters = filtersOf(asked.query, deps.clock.now().wall);
  return selected(deps, { ...filters, run, aliases: [alias] }, asked);
}

async function page({ output }: HttpDeps, alias: string, query: Query, form: Form): Promise<Response> {
  const limit = integer(query, "bytes", 1, MAX_BYTES) ?? DEFAULT_BYTES;
  const { bytes, from, to, more } = await output.page(alias, place(query), limit);
  return new Response(bytes as Uint8Array<ArrayBuffer>, {
    headers: {
      ...headersOf(form),
      "meproc-output-from": from,
      "meproc-output-to": to,
      "meproc-output-more": String(more),
    },
  });
}

function place(query: Query): string | null {
  const text = query["before"];
  if (text === undefined) return null;
  if (isPosition(text)) return text;
  throw invalid("/before", "expected a position such as 2026-11-22:4096");
}

/** The newest lines of all, as far as they fit into so many bytes. */
async function newest(deps: HttpDeps, aliases: readonly string[], { request, query }: OutputRequest) {
  const form = formOf(request, asText);
  const most = integer(query, "bytes", 1, MAX_BYTES) ?? DEFAULT_BYTES;
  const kept: OutputLine[] = [];
  let size = 0;
  const asked = { ...EVERYTHING, aliases, tail: NEWEST_LINES };
  for await (const lines of deps.captured.lines(asked, request.signal)) {
    for (const line of lines) {
      kept.push(line);
      size += line.bytes.length;
      while (size > most) size -= kept.shift()?.bytes.length ?? size;
    }
  }
  return new Response(form.lines(kept) as Uint8Array<ArrayBuffer>, { headers: headersOf(form) });
}

async function selected(deps: HttpDeps, query: OutputQuery, asked: OutputRequest): Promise<Response> {
  const form = formOf(asked.request, asText);
  const headers = headersOf(form);
  if (asked.request.method === "HEAD") return new Response(null, { headers });
  const source = (signal: AbortSignal) =>
    form.plain ? deps.captured.bytes(query, signal) : formed(deps, query, form, signal);
  return new Response(await streamedBody(bodyOf(deps, asked, source)), { headers });
}

async function* formed(deps: HttpDeps, query: OutputQuery, form: Form, signal: AbortSignal) {
  for await (const lines of deps.captured.lines(query, signal)) {
    for (let at = 0; at < lines.length; at += LINES_AT_ONCE) {
      yield form.lines(lines.slice(at, at + LINES_AT_ONCE));
      await nextTurn();
    }
  }
}

function followed(deps: HttpDeps, aliases: readonly string[], asked: OutputRequest, run?: string): Response {
  const { request, query } = asked;
  refuseUnfollowed(query);
  const form = formOf(request, asText);
  const headers = { ...headersOf(form), "x-accel-buffering": "no" };
  const filters = filtersOf(query, 0);
  if (request.method === "HEAD") return new Response(null, { headers });
  const from = { tail: filters.tail ?? FOLLOWED_LINES };
  const wanted = { aliases, stream: filters.stream, run: run ?? filters.run };
  const source = (signal: AbortSignal) => {
    const pieces = deps.captured.pieces(wanted, from, signal);
    // what one process writes needs no cutting: also a prompt without a line's end is seen
    return form.plain && aliases.length === 1 ? asWritten(pieces, form) : wholeLines(inTurns(pieces), form);
  };
  return new Response(endlessBody(bodyOf(deps, asked, source)), { headers });
}

type Pieces = AsyncIterable<OutputPiece>;

async function* asWritten(pieces: Pieces, form: Form): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    if (piece.missed_bytes > 0) yield form.lines([missedLine(piece)]);
    if (piece.bytes.length > 0) yield piece.bytes;
  }
}

async function* wholeLines(pieces: Pieces, form: Form): AsyncGenerator<Uint8Array> {
  const cutter = new LineCutter();
  for await (const piece of pieces) {
    if (piece.missed_bytes > 0) yield form.lines([...cutter.flush(piece.alias), missedLine(piece)]);
    const lines = cutter.cut(piece);
    if (lines.length > 0) yield form.lines(lines);
  }
}

function bodyOf(
  { log, turnstile }: HttpDeps,
  { request, server }: OutputRequest,
  source: StreamedBody["source"],
): StreamedBody {
  const broke = (error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    log("warn", `${request.method} ${pathOf(request)} was cut off: ${reason}`);
  };
  return { request, server, turnstile, source, broke };
}

function headersOf(form: Form): Record<string, string> {
  return { "content-type": form.type, "cache-control": "no-store" };
}
