/** The calls about webhooks and mail: who is told of what happens, and what they did not take. */
import { API, request } from "./http.ts";

export type Attempt = {
  ok: boolean;
  at: string;
  /** Of HTTP or SMTP; `null` where it came to no answer. */
  status: number | null;
  reason: string | null;
  duration_ms: number;
};

export type Webhook = {
  name: string;
  kind: "webhook" | "mail";
  /** Scheme and host, or the mail server; the rest may be a secret. */
  target: string;
  queued: number;
  dead_letters: number;
  /** Since the service was started, as `dropped` is. */
  delivered: number;
  dropped: number;
  last: Attempt | null;
  next_attempt_at: string | null;
};

/** A message that is tried no more. */
export type DeadLetter = {
  id: string;
  event: string;
  text: string;
  time: string;
  attempts: number;
  reason: string | null;
};

type List<T> = { items: T[] };
const one = (name: string) => `${API}/webhooks/${encodeURIComponent(name)}`;

export const listWebhooks = async () => (await request<List<Webhook>>(`${API}/webhooks`)).items;
export const listDeadLetters = async (name: string) =>
  (await request<List<DeadLetter>>(`${one(name)}/dead-letters`)).items;
export const testWebhook = (name: string) => request<Attempt>(`${one(name)}/test`, { method: "POST" });
export const retryDeadLetter = (name: string, id: string) =>
  request<DeadLetter>(`${one(name)}/dead-letters/${encodeURIComponent(id)}/retry`, { method: "POST" });
