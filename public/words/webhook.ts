/** How a webhook or mail stands, in words. */
import type { Attempt, Webhook } from "../api/webhooks.ts";
import type { Tone } from "../task/condition.ts";

/** What the last try says of it, and whether messages wait. */
export function webhookState({ last, queued }: Pick<Webhook, "last" | "queued">): {
  word: string;
  tone: Tone;
} {
  if (last !== null && !last.ok) return { word: "failing", tone: "bad" };
  if (queued > 0) return { word: "delivering", tone: "busy" };
  return last === null ? { word: "unused", tone: "ended" } : { word: "delivers", tone: "good" };
}

/** "2 wait, 12 delivered, 1 put aside, 3 dropped": what is nothing is left out, but not what waits. */
export function webhookCounts({ queued, delivered, dead_letters, dropped }: Webhook): string {
  const more = [
    delivered > 0 && `${delivered} delivered`,
    dead_letters > 0 && `${dead_letters} put aside`,
    dropped > 0 && `${dropped} dropped`,
  ];
  const wait = queued === 0 ? "nothing waits" : queued === 1 ? "1 waits" : `${queued} wait`;
  return [wait, ...more.filter((each) => each !== false)].join(", ");
}

/** "taken (200) in 41 ms", or why it was not. */
export function attemptWords({ ok, status, reason, duration_ms }: Attempt): string {
  if (!ok) return `not taken: ${reason ?? `it answers ${status}`}`;
  return `taken${status === null ? "" : ` (${status})`} in ${duration_ms} ms`;
}
