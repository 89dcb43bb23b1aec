/** A client of captured output under /api/v1, as far as the system tests need it. */
import { whenDone } from "./cleanup.ts";

export interface Line {
  readonly time: string | null;
  readonly stream: "stdout" | "stderr" | "meproc" | null;
  readonly run: string | null;
  readonly replica: number;
  readonly text: string;
}

export interface StreamEvent {
  readonly id: string | null;
  readonly event: string;
  readonly data: string;
}

export function outputClient(baseUrl: string) {
  const url = (path: string) => `${baseUrl}/api/v1/${path}`;
  return {
    /** The lines of `tasks/web/output?tail=5` and the like. */
    lines: async (path: string): Promise<Line[]> => {
      const response = await fetch(url(path), { headers: { accept: "application/x-ndjson" } });
      const text = await response.text();
      if (!response.ok) throw new Error(text);
      return text
        .split("\n")
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Line);
    },
    text: async (path: string): Promise<string> => {
      const response = await fetch(url(path), { headers: { accept: "text/plain" } });
      return response.text();
    },
    /** What has come of an endless answer so far; it is left when the test ends. */
    follow: (path: string, headers: Record<string, string> = {}) => {
      const leave = new AbortController();
      const decoder = new TextDecoder();
      const got = { text: "", leave: () => leave.abort(), ended: false };
      whenDone(() => leave.abort());
      const read = async () => {
        const response = await fetch(url(path), { headers, signal: leave.signal });
        for await (const bytes of response.body ?? []) got.text += decoder.decode(bytes, { stream: true });
      };
      void read().then(
        () => (got.ended = true),
        () => (got.ended = true),
      );
      return got;
    },
  };
}

/** The whole events in what has come of a stream. */
export function eventsOf(text: string): StreamEvent[] {
  const blocks = text.split("\n\n").slice(0, -1);
  return blocks.flatMap((block) => {
    const fields = new Map(
      block.split("\n").map((line) => {
        const colon = line.indexOf(": ");
        return [line.slice(0, colon), line.slice(colon + 2)] as const;
      }),
    );
    const [event, data] = [fields.get("event"), fields.get("data")];
    return event === undefined || data === undefined ? [] : [{ id: fields.get("id") ?? null, event, data }];
  });
}

/** The bytes that events of output carry, together, as text. */
export function textOf(events: readonly StreamEvent[]): string {
  const parts = events
    .filter(({ event }) => event === "output")
    .map(({ data }) => {
      return Buffer.from((JSON.parse(data) as { data: string }).data, "base64");
    });
  return Buffer.concat(parts).toString();
}
