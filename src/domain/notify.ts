/** What people are told, and where: the sections `[[webhooks]]` and `[mail]` of the configuration, and their port. */
import { type Static, Type } from "@sinclair/typebox";
import type { Fact, FactKind } from "./fact.ts";

/** What can be told beside the facts as they are; each stands for one or many of them. */
export const NOTICE_EVENTS = [
  "failed",
  "still_failing",
  "recovered",
  "gave_up",
  "unhealthy",
  "healthy",
  "schedule_missed",
  "output_lost",
  "disk_low",
  "disk_recovered",
  "store_failing",
  "store_recovered",
] as const;

/** The facts that can be told one by one, however many there are. */
const FACT_EVENTS = [
  "task.created",
  "task.changed",
  "task.removed",
  "task.started",
  "task.stopped",
  "task.unwatched",
  "schedule.skipped",
  "schedule.paused",
  "schedule.resumed",
  "instance.reloaded",
  "instance.signalled",
  "instance.waiting",
  "instance.backoff",
  "instance.stopping",
  "instance.killing",
  "instance.stopped",
  "run.started",
  "run.adopted",
  "run.finished",
] as const satisfies readonly FactKind[];

export const NOTIFY_EVENTS = [...NOTICE_EVENTS, ...FACT_EVENTS] as const;
export type NotifyEvent = (typeof NOTIFY_EVENTS)[number] | "test";

/** What is told where nobody says what. */
export const DEFAULT_EVENTS: readonly NotifyEvent[] = NOTICE_EVENTS.filter(
  (event) => event !== "unhealthy" && event !== "healthy",
);

export const TEMPLATES = ["json", "slack", "discord", "teams"] as const;
export type Template = (typeof TEMPLATES)[number];

/** The name under which mail stands among the webhooks. */
export const MAIL = "mail";

const milliseconds = (description: string, more: { default: number; minimum?: number; maximum: number }) =>
  Type.Optional(Type.Integer({ minimum: 1, description, ...more }));
const words = <T extends string>(choices: readonly T[], more: object = {}) =>
  Type.Union(
    choices.map((choice) => Type.Literal(choice)),
    { "x-expected": `one of ${choices.join(", ")}`, ...more },
  );

const Filter = {
  events: Type.Optional(
    Type.Array(words(NOTIFY_EVENTS), { minItems: 1, description: "What is told; failures if not given" }),
  ),
  tasks: Type.Optional(
    Type.Array(Type.String({ minLength: 1 }), {
      minItems: 1,
      description: "Names of tasks, * stands for any text. What is told of the service itself is told anyway",
    }),
  ),
  retry: Type.Optional(
    Type.Object(
      {
        attempts: milliseconds("How often a delivery is tried before it is put aside", {
          default: 20,
          maximum: 1000,
        }),
        first_ms: milliseconds("The pause after the first try; it doubles with each", {
          default: 1000,
          maximum: 3_600_000,
        }),
        max_ms: milliseconds("The longest pause", { default: 3_600_000, maximum: 86_400_000 }),
      },
      { additionalProperties: false },
    ),
  ),
  timeout_ms: milliseconds("How long a receiver may take to answer", {
    default: 10_000,
    minimum: 10,
    maximum: 300_000,
  }),
  max_queue: milliseconds("How many may wait; beyond, the oldest are put aside", {
    default: 1000,
    maximum: 10_000,
  }),
};

export const WebhookDefinition = Type.Object(
  {
    name: Type.String({
      pattern: "^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,63}$",
      "x-expected": "1 to 64 letters, digits, _ . or -",
    }),
    url: Type.String({ pattern: "^https?://[^\\s/?#]+", "x-expected": "a URL of http or https" }),
    template: Type.Optional(words(TEMPLATES, { default: "json" })),
    secret: Type.Optional(
      Type.String({
        minLength: 8,
        "x-expected": "a text of at least 8 characters",
        description: "The key of the signature (Standard Webhooks)",
      }),
    ),
    ...Filter,
  },
  { additionalProperties: false },
);
export type WebhookDefinition = Static<typeof WebhookDefinition>;

export const MailDefinition = Type.Object(
  {
    host: Type.String({ minLength: 1 }),
    port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65535 })),
    tls: Type.Optional(
      words(["starttls", "implicit", "none"], {
        default: "starttls",
        description: "starttls insists on it; implicit is the default on port 465; none never encrypts",
      }),
    ),
    user: Type.Optional(Type.String({ minLength: 1 })),
    password: Type.Optional(Type.String({ minLength: 1 })),
    from: Type.String({ minLength: 3 }),
    to: Type.Array(Type.String({ minLength: 3 }), { minItems: 1 }),
    ...Filter,
  },
  { additionalProperties: false },
);
export type MailDefinition = Static<typeof MailDefinition>;

/** What a person is told. */
export interface Notice {
  readonly event: NotifyEvent;
  readonly level: "info" | "warning" | "error";
  /** RFC 3339, UTC. */
  readonly time: string;
  /** `null` for what concerns the service itself. */
  readonly task: string | null;
  readonly alias: string | null;
  /** One sentence. */
  readonly text: string;
  readonly reason: string | null;
  /** How many happenings it stands for. */
  readonly count: number;
  /** The last of the facts it stands for; `null` for a test. */
  readonly fact: Fact | null;
}

export interface DeliveryRecord {
  /** The same at each try: a receiver knows by it what it has seen. */
  readonly id: string;
  readonly notice: Notice;
  /** Unix ms. */
  readonly createdAt: number;
  /** How often it has been tried. */
  readonly attempts: number;
  /** Unix ms: not before. */
  readonly dueAt: number;
  /** Since when and why it is tried no more; `null` while it is. */
  readonly dead: { readonly at: number; readonly reason: string } | null;
}

/** How a try has ended. */
export interface Attempt {
  readonly ok: boolean;
  /** Unix ms. */
  readonly at: number;
  /** Of HTTP or SMTP, `null` where it came to no answer. */
  readonly status: number | null;
  /** Why not, in words. */
  readonly reason: string | null;
  readonly durationMs: number;
}

/** A receiver as it stands. Nothing of it is secret. */
export interface ReceiverState {
  readonly name: string;
  readonly kind: "webhook" | "mail";
  /** The origin of the URL, or the mail server: the rest may be a secret. */
  readonly target: string;
  readonly template: Template | null;
  readonly events: readonly NotifyEvent[];
  /** `null` for all. */
  readonly tasks: readonly string[] | null;
  readonly signed: boolean;
  readonly queued: number;
  readonly dead: number;
  /** Since the service was started. */
  readonly delivered: number;
  /** Put aside and forgotten, since the service was started. */
  readonly dropped: number;
  readonly last: Attempt | null;
  /** Unix ms of the next try; `null` where nothing waits for one. */
  readonly nextAt: number | null;
}

/** Who tells people: what the API asks of it. */
export interface Notifications {
  receivers(): readonly ReceiverState[];
  /** What is tried no more, the oldest first. Throws MeprocError `not_found`. */
  deadLetters(name: string): readonly DeliveryRecord[];
  /** Sends a notice past the queue, once. Throws MeprocError `not_found`. */
  test(name: string): Promise<Attempt>;
  /** Puts a dead letter back into the queue. Throws MeprocError `not_found`. */
  retry(name: string, id: string): DeliveryRecord;
}
