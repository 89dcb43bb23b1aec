/** A body that is made while it is taken: nothing is read ahead, and everything stops when the client has gone. */
import type { Server } from "bun";
import { remoteAddress } from "./remote-address.ts";
import type { Turnstile } from "./turnstile.ts";
import { whenRevoked } from "./visit.ts";

export interface StreamedBody {
  readonly request: Request;
  readonly server: Server<unknown> | null;
  readonly turnstile: Turnstile;
  readonly source: (signal: AbortSignal) => AsyncIterable<Uint8Array>;
  /** A source that broke when part of it had been sent already: the answer is cut off. */
  readonly broke: (error: unknown) => void;
}

/** Waits for the first bytes, so that what goes wrong before them is still an answer. Throws FullError as well. */
export async function streamedBody(body: StreamedBody): Promise<ReadableStream<Uint8Array>> {
  const { chunks, leave } = begin(body);
  try {
    const first = await chunks.next();
    return toStream(body, chunks, leave, first);
  } catch (error) {
    leave();
    throw error;
  }
}

/** For what comes some time or other. */
export function endlessBody(body: StreamedBody): ReadableStream<Uint8Array> {
  const { chunks, leave, gone } = begin(body);
  gone.addEventListener("abort", whenRevoked(leave));
  return toStream(body, chunks, leave, null);
}

function begin({ request, server, turnstile, source }: StreamedBody) {
  const out = turnstile.stream(remoteAddress(request, server));
  server?.timeout(request, 0);
  const gone = new AbortController();
  const leave = () => {
    out();
    gone.abort();
  };
  if (request.signal.aborted) leave();
  request.signal.addEventListener("abort", leave, { once: true });
  return { chunks: source(gone.signal)[Symbol.asyncIterator](), leave, gone: gone.signal };
}

function toStream(
  { broke }: StreamedBody,
  chunks: AsyncIterator<Uint8Array>,
  leave: () => void,
  first: IteratorResult<Uint8Array> | null,
): ReadableStream<Uint8Array> {
  let next = first;
  let left = false;
  const stop = async (): Promise<void> => {
    left = true;
    leave();
    await chunks.return?.();
  };
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = next ?? (await chunks.next());
          next = null;
          if (left) return;
          if (done === true) {
            leave();
            controller.close();
          } else controller.enqueue(value);
        } catch (error) {
          if (left) return;
          leave();
          broke(error);
          controller.error(error);
        }
      },
      cancel: stop,
    },
    new ByteLengthQueuingStrategy({ highWaterMark: 64 << 10 }),
  );
}
