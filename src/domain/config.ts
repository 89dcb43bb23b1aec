/** The configuration: what the file may hold. Flags and environment set the same fields. */
import { type Static, Type } from "@sinclair/typebox";
import { ROLES, type Role } from "./access.ts";
import { MetricsDefinition, OtelDefinition } from "./extensions.ts";
import { ListenerDefinition, PluginOptions } from "./plugins.ts";
import { MailDefinition, WebhookDefinition } from "./notify.ts";
import { DEFAULT_ALL_TASKS_BYTES, type LogPolicy, LogPolicyDefinition } from "./output.ts";

export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const Origin = Type.String({
  pattern: "^https?://[^/?#@\\s]+$",
  "x-expected": "an origin, such as https://ops.example",
});
const Count = Type.Integer({ minimum: 1, maximum: 1_000_000 });

/** How much is taken at a time, in all and from one address that is not of this machine. */
export interface Limits {
  readonly requests: number;
  readonly requestsPerAddress: number;
  readonly streams: number;
  readonly streamsPerAddress: number;
  /** Seconds in which a request has to be sent whole. */
  readonly sendTimeoutS: number;
}

export const DEFAULT_LIMITS: Limits = {
  requests: 1000,
  requestsPerAddress: 100,
  streams: 1000,
  streamsPerAddress: 50,
  sendTimeoutS: 20,
};
/** `auto`: a token is needed as soon as the service listens off the loopback. */
export const AUTH_MODES = ["auto", "token", "none"] as const;
export type AuthMode = (typeof AUTH_MODES)[number];

const Port = Type.Integer({ minimum: 0, maximum: 65535, description: "0 takes a free port and prints it" });

/** The configuration file. `[[tasks]]` is checked task by task, with the schema of a task. */
export const ConfigFile = Type.Object(
  {
    ip: Type.Optional(
      Type.Union(
        [Type.String({ minLength: 1 }), Type.Array(Type.String({ minLength: 1 }), { minItems: 1 })],
        {
          description: "The address to listen on, or several",
          "x-expected": "an address or a list of addresses",
        },
      ),
    ),
    port: Type.Optional(Port),
    socket: Type.Optional(
      Type.String({ minLength: 1, description: "A Unix socket to listen on as well, by its path" }),
    ),
    socket_mode: Type.Optional(
      Type.String({ pattern: "^0?[0-7]{3}$", "x-expected": "three octal digits, such as 660" }),
    ),
    socket_group: Type.Optional(Type.String({ minLength: 1 })),
    socket_role: Type.Optional(Type.Union(ROLES.map((role) => Type.Literal(role)))),
    tls: Type.Optional(
      Type.Object(
        { cert: Type.String({ minLength: 1 }), key: Type.String({ minLength: 1 }) },
        { additionalProperties: false, description: "PEM files; read again when they change" },
      ),
    ),
    allowed_hosts: Type.Optional(
      Type.Array(Type.String({ minLength: 1, pattern: "^[^/\\s@]+$" }), {
        description: "Names and addresses under which the service is reached as well",
      }),
    ),
    cors_origins: Type.Optional(
      Type.Array(Origin, { description: "Origins whose pages may use the service from a browser" }),
    ),
    limits: Type.Optional(
      Type.Object(
        {
          requests: Type.Optional(Count),
          requests_per_address: Type.Optional(Count),
          streams: Type.Optional(Count),
          streams_per_address: Type.Optional(Count),
          send_timeout_s: Type.Optional(Type.Integer({ minimum: 1, maximum: 255 })),
        },
        { additionalProperties: false, description: "How much is taken at a time" },
      ),
    ),
    auth: Type.Optional(Type.Union(AUTH_MODES.map((mode) => Type.Literal(mode)))),
    session_hours: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 8760, description: "How long a login lasts that nobody uses" }),
    ),
    metrics_open: Type.Optional(
      Type.Boolean({
        description: "Whoever comes may read /metrics, also where callers have to say who they are",
      }),
    ),
    log_level: Type.Optional(Type.Union(LOG_LEVELS.map((level) => Type.Literal(level)))),
    log_dir: Type.Optional(Type.String({ minLength: 1 })),
    data_dir: Type.Optional(Type.String({ minLength: 1 })),
    fifo_dir: Type.Optional(
      Type.String({
        minLength: 1,
        description: "Below it are the FIFOs; to be kept as long as processes live",
      }),
    ),
    bootstrap_cmd: Type.Optional(Type.String({ minLength: 1 })),
    web: Type.Optional(
      Type.Object(
        {
          ip: Type.Optional(Type.String({ minLength: 1 })),
          port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65535 })),
        },
        { additionalProperties: false },
      ),
    ),
    exit_with: Type.Optional(
      Type.String({
        minLength: 1,
        description: "When this task ends for good, so does the service, with its code",
      }),
    ),
    history: Type.Optional(
      Type.Object(
        {
          max_runs_per_task: Type.Optional(Type.Integer({ minimum: 1 })),
          max_age_days: Type.Optional(Type.Integer({ minimum: 1, maximum: 36_500 })),
        },
        { additionalProperties: false },
      ),
    ),
    log: Type.Optional(
      Type.Object(
        {
          ...LogPolicyDefinition.properties,
          all_tasks_bytes: Type.Optional(
            Type.Integer({
              minimum: 0,
              description: "How much is kept of the output of all tasks together; 0 is no limit",
              default: DEFAULT_ALL_TASKS_BYTES,
            }),
          ),
        },
        { additionalProperties: false },
      ),
    ),
    plugins_dir: Type.Optional(
      Type.String({
        minLength: 1,
        description: "The folder of the plugins; `plugins` beside this file or in data_dir if not given",
      }),
    ),
    plugins: Type.Optional(Type.Record(Type.String(), PluginOptions)),
    listeners: Type.Optional(Type.Array(ListenerDefinition)),
    webhooks: Type.Optional(Type.Array(WebhookDefinition)),
    mail: Type.Optional(MailDefinition),
    metrics: Type.Optional(MetricsDefinition),
    otel: Type.Optional(OtelDefinition),
    tasks: Type.Optional(Type.Array(Type.Object({}, { additionalProperties: true }))),
  },
  { additionalProperties: false },
);
export type ConfigFile = Static<typeof ConfigFile>;

export interface SocketConfig {
  readonly path: string;
  /** Who may connect: the rights of the file. */
  readonly mode: number;
  /** The group of the file; `null` leaves the service's own. */
  readonly group: string | null;
  /** What those may do whom it lets in, beside root and the service's own user. */
  readonly role: Role;
}

/** The configuration in force. */
export interface Config {
  /** The first of `ips`: the one that is shown to people. */
  readonly ip: string;
  /** All that are listened on. */
  readonly ips: readonly string[];
  readonly port: number;
  /** The Unix socket that is listened on as well, or `null`. */
  readonly socket: SocketConfig | null;
  /** PEM files, or `null`. */
  readonly tls: { readonly cert: string; readonly key: string } | null;
  readonly allowedHosts: readonly string[];
  readonly corsOrigins: readonly string[];
  readonly limits: Limits;
  readonly auth: AuthMode;
  readonly sessionHours: number;
  readonly metricsOpen: boolean;
  readonly logLevel: LogLevel;
  readonly logDir: string;
  readonly dataDir: string;
  /** Where the FIFOs are to be made; `null` leaves it to the service. */
  readonly fifoDir: string | null;
  readonly bootstrapCmd: string | null;
  readonly web: { readonly ip: string | null; readonly port: number | null };
  /** The task whose end is the service's end, or `null`. */
  readonly exitWith: string | null;
  /** What is kept of runs and facts. */
  readonly history: { readonly maxRunsPerTask: number; readonly maxAgeDays: number };
  /** What is kept of output where a task does not say otherwise. */
  readonly log: LogPolicy;
  /** How much is kept of the output of all tasks together; 0 is no limit. */
  readonly allTasksBytes: number;
  /** The folder of the plugins, which need not be there. */
  readonly pluginsDir: string;
  readonly plugins: Readonly<Record<string, PluginOptions>>;
  readonly listeners: readonly ListenerDefinition[];
  readonly webhooks: readonly WebhookDefinition[];
  /** `null` sends none. */
  readonly mail: MailDefinition | null;
  /** `null` counts nothing. */
  readonly metrics: MetricsDefinition | null;
  /** `null` traces nothing. */
  readonly otel: OtelDefinition | null;
  /** Definitions that have been checked. */
  readonly tasks: readonly unknown[];
  /** The file it was read from, or `null`. */
  readonly file: string | null;
}
