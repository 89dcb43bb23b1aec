/** Sends a notice to a URL. Any answer of 2xx takes it; a redirect is not followed, for it may lead anywhere. */
import type { Template } from "../domain/notify.ts";
import { codeOf } from "../platform/system-errors.ts";
import type { Send, Sent } from "./receiver.ts";
import { signed } from "./signature.ts";
import { type Sender, bodyOf } from "./templates.ts";

export interface WebhookOptions {
  readonly url: string;
  readonly template: Template;
  readonly secret: string | null;
  readonly timeoutMs: number;
  readonly sender: Sender;
  /** Unix ms. */
  readonly wall: () => number;
  readonly userAgent: string;
}

const WORDS: Readonly<Record<string, string>> = {
  ConnectionRefused: "nobody listens there",
  ECONNREFUSED: "nobody listens there",
  ECONNRESET: "the connection was closed without an answer",
  ConnectionClosed: "the connection was closed without an answer",
  ENOTFOUND: "its host is not known",
  FailedToOpenSocket: "its host cannot be reached",
};

export function webhookSend({
  url,
  template,
  secret,
  timeoutMs,
  sender,
  wall,
  userAgent,
}: WebhookOptions): Send {
  return async (id, notice, signal) => {
    const body = bodyOf(template, id, notice, sender);
    const headers = {
      "content-type": "application/json",
      "user-agent": userAgent,
      ...signed(id, body, Math.floor(wall() / 1000), secret),
    };
    const limit = AbortSignal.timeout(timeoutMs);
    try {
      const response = await fetch(url, {
        method: "POST",
        headers,
        body,
        redirect: "manual",
        signal: AbortSignal.any([limit, signal]),
      });
      await response.body?.cancel();
      return sentOf(response, wall());
    } catch (error) {
      if (limit.aborted) return { status: null, reason: `no answer within ${timeoutMs} ms` };
      // the message of the error may hold the URL, and that may be a secret
      return { status: null, reason: WORDS[codeOf(error) ?? ""] ?? codeOf(error) ?? "it cannot be reached" };
    }
  };
}

function sentOf({ ok, status, headers }: Response, now: number): Sent {
  if (ok) return { status, reason: null };
  const wish = headers.get("retry-after");
  const retryAfterMs =
    wish === null ? 0 : /^\d{1,6}$/.test(wish) ? Number(wish) * 1000 : Date.parse(wish) - now;
  return {
    status,
    reason: `it answers ${status}`,
    retryAfterMs: Number.isFinite(retryAfterMs) ? Math.max(0, retryAfterMs) : 0,
  };
}
