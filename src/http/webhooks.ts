/** /api/v1/webhooks: who is told of what happens, what waits for them, and what they did not take. */
import { Elysia } from "elysia";
import { type Static, Type } from "@sinclair/typebox";
import { MeprocError } from "../domain/errors.ts";
import {
  type Attempt,
  type DeliveryRecord,
  NOTIFY_EVENTS,
  type Notifications,
  type ReceiverState,
  TEMPLATES,
  type Template,
} from "../domain/notify.ts";
import { FORBIDDEN, type Parameter, documented, problem, ref } from "./docs.ts";
import type { HttpDeps } from "./deps.ts";
import { Time, nullable, rfc3339 } from "./schemas.ts";
import { patient } from "./waiting.ts";

const tag = "Webhooks";

export const AttemptView = Type.Object(
  {
    ok: Type.Boolean(),
    at: Time,
    status: nullable(Type.Integer({ description: "Of HTTP or SMTP; null where it came to no answer" })),
    reason: nullable(Type.String({ description: "Why it was not taken, in words" })),
    duration_ms: Type.Integer(),
  },
  { title: "Try of a delivery" },
);

export const WebhookView = Type.Object(
  {
    name: Type.String({ examples: ["chat"] }),
    kind: Type.Unsafe<"webhook" | "mail">({ type: "string", enum: ["webhook", "mail"] }),
    target: Type.String({
      description: "Scheme and host of the URL, or the mail server; the rest of a URL may be a secret",
      examples: ["https://hooks.example.com"],
    }),
    template: nullable(Type.Unsafe<Template>({ type: "string", enum: [...TEMPLATES] })),
    events: Type.Array(Type.Unsafe<string>({ type: "string", enum: [...NOTIFY_EVENTS] })),
    tasks: nullable(Type.Array(Type.String(), { description: "Names with *; null for all" })),
    signed: Type.Boolean(),
    queued: Type.Integer({ description: "How many messages wait" }),
    dead_letters: Type.Integer({ description: "How many are tried no more" }),
    delivered: Type.Integer({ description: "Since the service was started" }),
    dropped: Type.Integer({
      description: "Dead letters that had to make room, since the service was started",
    }),
    last: nullable(AttemptView),
    next_attempt_at: nullable(Time),
  },
  { title: "Webhook" },
);

export const DeadLetterView = Type.Object(
  {
    id: Type.String({ description: "The receiver sees it as `webhook-id`" }),
    event: Type.String({ examples: ["failed"] }),
    task: nullable(Type.String()),
    alias: nullable(Type.String()),
    text: Type.String({ description: "What it says" }),
    time: Time,
    created_at: Time,
    attempts: Type.Integer(),
    dead_at: nullable(Time),
    reason: nullable(Type.String({ description: "Why it is tried no more" })),
  },
  { title: "Message to a webhook" },
);

const LAST = { ok: true, at: "2026-11-22T12:00:00.000Z", status: 200, reason: null, duration_ms: 41 };
const EXAMPLE = {
  name: "chat",
  kind: "webhook",
  target: "https://hooks.example.com",
  template: "slack",
  events: ["failed", "recovered"],
  tasks: null,
  signed: true,
  queued: 0,
  dead_letters: 1,
  delivered: 12,
  dropped: 0,
  last: LAST,
  next_attempt_at: null,
};
const DEAD = {
  id: "01a20398-5f07-7566-adee-cc76a7cb3381",
  event: "failed",
  task: "web",
  alias: "web:0",
  text: "web:0 failed: exit code 1",
  time: "2026-11-22T12:00:00.000Z",
  created_at: "2026-11-22T12:00:00.000Z",
  attempts: 20,
  dead_at: "2026-11-22T21:00:00.000Z",
  reason: "it answers 500",
};

const hookName: Parameter = {
  name: "name",
  in: "path",
  description: "The webhook's name; `mail` for mail",
  schema: { type: "string" },
  example: "chat",
};
const letterId: Parameter = {
  ...hookName,
  name: "id",
  description: "The dead letter's id",
  example: DEAD.id,
};
const NO_WEBHOOK = problem("There is no such webhook", "not_found", 404);

export function webhookRoutes({ notifications }: HttpDeps) {
  const desk = (): Notifications => {
    if (notifications !== null) return notifications;
    throw new MeprocError("not_found", "No webhooks are configured", {
      hint: "See [[webhooks]] in the README",
    });
  };
  return new Elysia({ name: "webhooks", prefix: "/webhooks" })
    .get("", () => ({ items: (notifications?.receivers() ?? []).map(webhookView), next_cursor: null }), {
      detail: documented({
        tag,
        summary: "Who is told of what happens",
        description:
          "The webhooks of the configuration, and mail, with what waits for each and how the last try ended.",
        answers: {
          200: {
            description: "All of them",
            schema: ref("WebhookList"),
            example: { items: [EXAMPLE], next_cursor: null },
          },
        },
      }),
    })
    .get(
      "/:name/dead-letters",
      ({ params }) => ({ items: desk().deadLetters(params.name).map(deadLetterView), next_cursor: null }),
      {
        detail: documented({
          tag,
          summary: "What a webhook did not take",
          description:
            "Messages that were tried as often as the configuration says, the oldest first; 200 are kept.",
          parameters: [hookName],
          answers: {
            200: {
              description: "The dead letters",
              schema: ref("DeadLetterList"),
              example: { items: [DEAD], next_cursor: null },
            },
            404: NO_WEBHOOK,
          },
        }),
      },
    )
    .post(
      "/:name/test",
      async ({ params, request, server }) => {
        patient({ request, server });
        return attemptView(await desk().test(params.name));
      },
      {
        detail: documented({
          tag,
          summary: "Send a test",
          description: "Sends one message past the queue and answers how that ended.",
          parameters: [hookName],
          answers: {
            200: { description: "How it ended", schema: ref("Attempt"), example: LAST },
            403: FORBIDDEN,
            404: NO_WEBHOOK,
          },
        }),
      },
    )
    .post(
      "/:name/dead-letters/:id/retry",
      ({ params }) => deadLetterView(desk().retry(params.name, params.id)),
      {
        detail: documented({
          tag,
          summary: "Try a dead letter again",
          description: "Puts it back into the queue, before later ones of the same task.",
          parameters: [hookName, letterId],
          answers: {
            200: {
              description: "It waits again",
              schema: ref("DeadLetter"),
              example: { ...DEAD, attempts: 0, dead_at: null, reason: null },
            },
            403: FORBIDDEN,
            404: problem("There is no such webhook or dead letter", "not_found", 404),
          },
        }),
      },
    );
}

function webhookView({
  dead,
  last,
  nextAt,
  events,
  tasks,
  ...rest
}: ReceiverState): Static<typeof WebhookView> {
  return {
    ...rest,
    events: [...events],
    tasks: tasks === null ? null : [...tasks],
    dead_letters: dead,
    last: last === null ? null : attemptView(last),
    next_attempt_at: nextAt === null ? null : rfc3339(nextAt),
  };
}

function attemptView({ at, durationMs, ...rest }: Attempt): Static<typeof AttemptView> {
  return { ...rest, at: rfc3339(at), duration_ms: durationMs };
}

function deadLetterView({
  id,
  notice,
  createdAt,
  attempts,
  dead,
}: DeliveryRecord): Static<typeof DeadLetterView> {
  const { event, task, alias, text, time } = notice;
  return {
    id,
    event,
    task,
    alias,
    text,
    time,
    created_at: rfc3339(createdAt),
    attempts,
    dead_at: dead === null ? null : rfc3339(dead.at),
    reason: dead?.reason ?? null,
  };
}
