/** Server-sent events: framing, and a comment now and then so that no proxy takes the connection for dead. */
import type { Server } from "bun";
import { remoteAddress } from "./remote-address.ts";
import type { Turnstile } from "./turnstile.ts";
import type { Cancel } from "../domain/ports.ts";
import { whenRevoked } from "./visit.ts";

export interface SseEvent {
  readonly event: string;
  readonly id?: string;
  readonly data: string;
}

const KEEP_ALIVE_MS = 15_000;
const HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-store",
  "x-accel-buffering": "no",
};
const encoder = new TextEncoder();

export function frame({ event, id, data }: SseEvent): Uint8Array {
  const head = id === undefined ? "" : `id: ${id}\n`;
  return encoder.encode(`${head}event: ${event}\ndata: ${data}\n\n`);
}

/** How the source of a stream gives events: `send` is false once the client reads too slowly or has gone. */
export interface SseWriter {
  send(event: SseEvent): boolean;
  /** Settles when the client has taken what was sent. */
  drained(): Promise<void>;
  readonly signal: AbortSignal;
}

export interface SseRequest {
  readonly request: Request;
  readonly server: Server<unknown> | null;
  readonly turnstile: Turnstile;
}

/** Answers with a stream that `source` feeds until the client goes away. Throws FullError. */
export function sseResponse(
  { request, server, turnstile }: SseRequest,
  source: (writer: SseWriter) => void | Promise<void>,
): Response {
  if (request.method === "HEAD") return new Response(null, { headers: HEADERS });
  const leave = turnstile.stream(remoteAddress(request, server));
  server?.timeout(request, 0);
  const gone = new AbortController();
  let wake: (() => void) | null = null;
  let keepAlive: Timer | null = null;
  let unwatch: Cancel | null = null;
  const stop = () => {
    leave();
    gone.abort();
    if (keepAlive !== null) clearInterval(keepAlive);
    unwatch?.();
    wake?.();
  };
  request.signal.addEventListener("abort", stop);
  const stream = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const put = (bytes: Uint8Array): boolean => {
          if (gone.signal.aborted) return false;
          controller.enqueue(bytes);
          return (controller.desiredSize ?? 0) > 0;
        };
        put(encoder.encode("retry: 1000\n: meproc\n\n"));
        unwatch = whenRevoked(() => {
          stop();
          controller.close();
        });
        keepAlive = setInterval(() => put(encoder.encode(": still here\n\n")), KEEP_ALIVE_MS);
        const feeding = source({
          send: (event) => put(frame(event)),
          drained: () =>
            new Promise((resolve) => {
              if (gone.signal.aborted || (controller.desiredSize ?? 0) > 0) resolve();
              else wake = resolve;
            }),
          signal: gone.signal,
        });
        // a source that fails ends the stream, and the client comes again
        Promise.resolve(feeding).catch((error: unknown) => {
          stop();
          controller.error(error);
        });
      },
      pull() {
        wake?.();
        wake = null;
      },
      cancel: stop,
    },
    new ByteLengthQueuingStrategy({ highWaterMark: 64 << 10 }),
  );
  return new Response(stream, { headers: HEADERS });
}
