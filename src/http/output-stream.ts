/** Captured output as server-sent events, each with the place to go on from. */
import type { FollowFrom, OutputPiece, OutputQuery } from "../domain/output.ts";
import { isCursor } from "../domain/position.ts";
import { partsOfAlias } from "../domain/task.ts";
import type { HttpDeps } from "./deps.ts";
import { MAX_LINES } from "./output-query.ts";
import { invalid } from "./problem.ts";
import { type Query, integer } from "./query.ts";
import { rfc3339 } from "./schemas.ts";
import type { SseWriter } from "./sse.ts";

/** Where a stream begins: a client that comes again says so in the header. Throws InvalidError. */
export function beginOf(request: Request, query: Query): FollowFrom {
  const after = query["after"];
  if (after !== undefined && query["tail"] !== undefined) throw invalid("/tail", "not together with after");
  if (after !== undefined && !isCursor(after))
    throw invalid("/after", "expected the id of an event, such as 2026-11-22:4096");
  const tail = integer(query, "tail", 0, MAX_LINES) ?? 0;
  const resumed = request.headers.get("last-event-id");
  if (resumed !== null && isCursor(resumed)) return { after: resumed };
  return after === undefined ? { tail } : { after };
}

/** Nothing is read while the client does not take what it was sent. */
export async function tellOutput(
  writer: SseWriter,
  captured: HttpDeps["captured"],
  query: Pick<OutputQuery, "aliases" | "stream" | "run">,
  from: FollowFrom,
): Promise<void> {
  for await (const piece of captured.pieces(query, from, writer.signal)) {
    const replica = partsOfAlias(piece.alias).index;
    const { missed_bytes } = piece;
    if (missed_bytes > 0) writer.send({ event: "gap", data: JSON.stringify({ replica, missed_bytes }) });
    const data = JSON.stringify(pieceView(piece, replica));
    if (!writer.send({ event: "output", id: piece.to, data })) await writer.drained();
  }
}

function pieceView({ time, stream, run, bytes }: OutputPiece, replica: number) {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
  return { time: time === null ? null : rfc3339(time), stream, run, replica, data };
}
