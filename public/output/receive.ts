/** Receives one replica's output, the newest first and then what comes, as text with positions. */
import { outputStreamUrl, readOutput } from "../api/output.ts";
import { openStream } from "../api/stream.ts";
import { fromBase64 } from "./decode.ts";
import type { Arrival } from "./pending.ts";

export type Receiver = {
  /** The newest has been read; `more` says whether there is earlier output. */
  newest: (more: boolean) => void;
  arrival: (arrival: Arrival) => void;
};

/** Goes on until `signal`; lost connections are taken up where they broke. Throws when the start fails. */
export async function receiveOutput(
  name: string,
  replica: number,
  signal: AbortSignal,
  receiver: Receiver,
): Promise<void> {
  const newest = await readOutput(name, replica, null, signal);
  // One decoder for all: a character may be cut anywhere.
  const decoder = new TextDecoder();
  let resumeAt = newest.to;
  let begins: string | null = newest.to;

  const onOutput = (event: MessageEvent<string>) => {
    const text = decoder.decode(fromBase64(event.data), { stream: true });
    const to = event.lastEventId || null;
    receiver.arrival({ kind: "text", text, from: begins, to });
    begins = to;
    resumeAt = to ?? resumeAt;
  };
  const onGap = (event: MessageEvent<string>) => {
    receiver.arrival({
      kind: "gap",
      bytes: (JSON.parse(event.data) as { missed_bytes: number }).missed_bytes,
    });
    // After a gap the text may begin anywhere in a line.
    begins = null;
    resumeAt = event.lastEventId || resumeAt;
  };

  receiver.newest(newest.more);
  const text = decoder.decode(newest.bytes, { stream: true });
  receiver.arrival({ kind: "text", text, from: newest.from, to: newest.to });
  if (signal.aborted) return;
  const close = openStream({
    url: () => outputStreamUrl(name, replica, resumeAt),
    events: { output: onOutput, gap: onGap },
  });
  signal.addEventListener("abort", close, { once: true });
}
