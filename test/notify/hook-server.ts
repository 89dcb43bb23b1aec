/** A receiver of webhooks that a test breaks and mends. */
import { createHmac } from "node:crypto";
import { whenDone } from "../helpers/cleanup.ts";

export interface Got {
  readonly id: string;
  readonly event: string;
  readonly task: string | null;
  readonly text: string;
  readonly body: string;
  readonly headers: Headers;
  /** It was answered that it was taken. */
  readonly taken: boolean;
}

/** What it does with a request: a status, or `drop` for no answer. `n` counts them. */
export type Mood = (n: number) => number | "drop" | Promise<number | "drop">;

export interface HookServer {
  readonly url: string;
  readonly got: readonly Got[];
  mood: Mood;
}

/** For the test that is running; on the port that is given, if one is. */
export function serveHooks(mood: Mood, port = 0): HookServer {
  const got: Got[] = [];
  let n = 0;
  const server = Bun.serve({
    port,
    hostname: "127.0.0.1",
    fetch: async (request) => {
      const body = await request.text();
      const status = await hooks.mood(n++);
      const { event, task, text } = JSON.parse(body) as Pick<Got, "event" | "task" | "text">;
      const id = request.headers.get("webhook-id") ?? "";
      got.push({ id, event, task, text, body, headers: request.headers, taken: status === 200 });
      if (status === "drop") {
        server.timeout(request, 0);
        return await new Promise<Response>(() => undefined);
      }
      return new Response("thanks", { status });
    },
  });
  whenDone(() => server.stop(true));
  const hooks: HookServer = { url: `http://127.0.0.1:${server.port}/a/secret/path`, got, mood };
  return hooks;
}

export function signatureOf({ id, body, headers }: Got, secret: string): string {
  const text = `${id}.${headers.get("webhook-timestamp")}.${body}`;
  return `v1,${createHmac("sha256", secret).update(text).digest("base64")}`;
}
