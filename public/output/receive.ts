/** Receives output, the newest first and then what comes, as text of each source. */
import { ProblemError, send } from "../api/http.ts";
import { type OutputFilter, outputStreamUrl } from "../api/output.ts";
import { openStream } from "../api/stream.ts";
import type { OutputGap, OutputPiece } from "../api/types.ts";
import type { Arrival } from "./assemble.ts";
import { createDecoder } from "./decode.ts";
import { unixTime } from "./lines.ts";

export type Receiver = {
  /** The service answers; what there is comes now. */
  open: () => void;
  arrival: (arrival: Arrival) => void;
  /** The service has refused; nothing comes any more. */
  refused: (error: unknown) => void;
};

/** Goes on until `signal`; lost connections are taken up where they broke. */
export function receiveOutput(
  name: string,
  filter: OutputFilter,
  tail: number,
  signal: AbortSignal,
  receiver: Receiver,
): void {
  const decode = createDecoder();
  let reached: string | null = null;
  const url = () => outputStreamUrl(name, filter, reached === null ? { tail } : { after: reached });
  const stopped = new AbortController();
  const ended = AbortSignal.any([signal, stopped.signal]);
  const onDown = async () => {
    const refusal = await refusalOf(url(), ended);
    if (refusal === null || ended.aborted) return;
    stopped.abort();
    receiver.refused(refusal);
  };

  const close = openStream({
    url,
    onOpen: receiver.open,
    onDown: () => void onDown(),
    events: {
      output: (event) => {
        const piece = JSON.parse(event.data) as OutputPiece;
        const { replica, run, stream } = piece;
        reached = event.lastEventId || reached;
        receiver.arrival({
          kind: "text",
          replica,
          run,
          stream,
          time: unixTime(piece.time),
          text: decode(piece),
        });
      },
      gap: (event) => {
        const { replica, missed_bytes } = JSON.parse(event.data) as OutputGap;
        reached = event.lastEventId || reached;
        receiver.arrival({ kind: "gap", replica, bytes: missed_bytes });
      },
    },
  });
  ended.addEventListener("abort", close, { once: true });
}

/** An event stream that fails does not say why; asked plainly, the service does. Null if it is just not there. */
async function refusalOf(url: string, signal: AbortSignal): Promise<ProblemError | null> {
  const answered = new AbortController();
  try {
    await send(url, { signal: AbortSignal.any([signal, answered.signal]) });
    answered.abort();
    return null;
  } catch (error) {
    return error instanceof ProblemError && error.problem.status < 500 ? error : null;
  }
}
