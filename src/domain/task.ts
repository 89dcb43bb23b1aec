/**
 * A task: the definition of a group of equal processes. This one schema validates the HTTP body and the
 * configuration file, makes the OpenAPI document and feeds the page's form; the type is made from it.
 */
import { type Static, Type } from "@sinclair/typebox";
import { LogPolicyDefinition } from "./output.ts";

export const TASK_TYPES = ["once", "daemon", "cron", "coroutine"] as const;
export type TaskType = (typeof TASK_TYPES)[number];

/** Names that the service itself uses. */
export const RESERVED_NAMES: readonly string[] = ["__coroutine__", "bootstrap"];
export const MAX_NAME_LENGTH = 128;
export const MAX_REPLICAS = 1000;
export const DEFAULT_CRON = "* * * * *";
/** A year: the sum with any time of today is still a date. */
export const MAX_INTERVAL_MS = 31_536_000_000;
/** The pause of Meproc 1.x between the runs of a daemon, in milliseconds. */
export const LEGACY_INTERVAL_MS = 3000;

const replaceable = { "x-types": ["once", "daemon", "cron"] };

/** What a client sends to define a task. A field that is `null` counts as not given. */
export const TaskDefinition = Type.Object(
  {
    name: Type.String({
      title: "Name",
      minLength: 1,
      maxLength: MAX_NAME_LENGTH,
      description: "Letters and digits of any script, and _ . @ - but not first . or -",
      examples: ["web"],
    }),
    cmd: Type.String({
      title: "Command",
      minLength: 1,
      description: "A shell command line; for a coroutine the path of a TypeScript or JavaScript file",
      examples: ["node server.js"],
    }),
    type: Type.Union(
      TASK_TYPES.map((type) => Type.Literal(type)),
      {
        title: "Type",
        description:
          "once runs one time; daemon is started again whenever it exits; cron starts on a schedule; coroutine runs a script inside the service",
        examples: ["daemon"],
      },
    ),
    cron: Type.Optional(
      Type.String({
        title: "Schedule",
        minLength: 1,
        default: DEFAULT_CRON,
        description:
          "Five or six fields (seconds first), or a name such as @daily; in the time zone of the service",
        examples: ["*/5 * * * *"],
        "x-types": ["cron"],
      }),
    ),
    user: Type.Optional(
      Type.String({
        title: "User",
        minLength: 1,
        description: "Run as this user, with its groups; not on Windows",
        examples: ["www-data"],
        ...replaceable,
      }),
    ),
    group: Type.Optional(
      Type.String({
        title: "Group",
        minLength: 1,
        description: "Run with this group instead of the user's own; not on Windows",
        examples: ["www-data"],
        ...replaceable,
      }),
    ),
    replica: Type.Optional(
      Type.Integer({
        title: "Replicas",
        minimum: 1,
        maximum: MAX_REPLICAS,
        default: 1,
        description: "How many equal processes the task has",
        examples: [2],
      }),
    ),
    interval: Type.Optional(
      Type.Integer({
        title: "Interval",
        minimum: 1,
        maximum: MAX_INTERVAL_MS,
        description:
          "Milliseconds before a daemon is started again. Not given under /api/v1: at once, then longer and longer up to 3000; under /proc: 3000",
        examples: [1000],
        "x-types": ["daemon"],
      }),
    ),
    deps: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        title: "Depends on",
        default: [],
        description: "Tasks that must not be running when this one starts: it waits until they have finished",
        examples: [["migrate"]],
      }),
    ),
    log: Type.Optional(LogPolicyDefinition),
  },
  { additionalProperties: false, title: "Task definition" },
);
export type TaskDefinition = Static<typeof TaskDefinition>;

/** A definition with every default filled in; "not given" is `null`. */
export interface Task {
  readonly name: string;
  readonly cmd: string;
  readonly type: TaskType;
  readonly cron: string | null;
  readonly user: string | null;
  readonly group: string | null;
  readonly replica: number;
  /** Milliseconds; `null` means the adaptive back-off. */
  readonly interval: number | null;
  readonly deps: readonly string[];
  /** What is asked for of its output, as given; the rest is the configuration's. */
  readonly log: LogPolicyDefinition | null;
}

/** Fills in the defaults of a definition that is valid already. */
export function completeTask(definition: TaskDefinition): Task {
  return {
    name: definition.name,
    cmd: definition.cmd,
    type: definition.type,
    cron: definition.type === "cron" ? (definition.cron ?? DEFAULT_CRON) : null,
    user: definition.user ?? null,
    group: definition.group ?? null,
    replica: definition.replica ?? 1,
    interval: definition.interval ?? null,
    deps: [...new Set(definition.deps ?? [])],
    log: definition.log ?? null,
  };
}

/** The name of a replica's place, `name:index`, by which its output is kept. */
export function aliasOf(name: string, index: number): string {
  return `${name}:${index}`;
}

/** The task and the index in an alias; what belongs to no task, such as the bootstrap command, is its own first. */
export function partsOfAlias(alias: string): { readonly task: string; readonly index: number } {
  const colon = alias.lastIndexOf(":");
  if (colon === -1) return { task: alias, index: 0 };
  return { task: alias.slice(0, colon), index: Number(alias.slice(colon + 1)) };
}
