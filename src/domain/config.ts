/** The configuration: what the file may hold. Flags and environment set the same fields. */
import { type Static, Type } from "@sinclair/typebox";
import { MetricsDefinition, OtelDefinition } from "./extensions.ts";
import { ListenerDefinition, PluginOptions } from "./plugins.ts";
import { MailDefinition, WebhookDefinition } from "./notify.ts";
import { DEFAULT_ALL_TASKS_BYTES, type LogPolicy, LogPolicyDefinition } from "./output.ts";

export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const Port = Type.Integer({ minimum: 0, maximum: 65535, description: "0 takes a free port and prints it" });

/** The configuration file. `[[tasks]]` is checked task by task, with the schema of a task. */
export const ConfigFile = Type.Object(
  {
    ip: Type.Optional(Type.String({ minLength: 1, description: "The address to listen on" })),
    port: Type.Optional(Port),
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

/** The configuration in force. */
export interface Config {
  readonly ip: string;
  readonly port: number;
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
