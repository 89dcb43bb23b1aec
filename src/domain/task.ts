/**
 * A task: the definition of a group of equal processes. This one schema validates the HTTP body and the
 * configuration file, makes the OpenAPI document and feeds the page's form; the type is made from it.
 */
import { type Static, Type } from "@sinclair/typebox";
import { LogPolicyDefinition } from "./output.ts";
import {
  Command,
  type DepCondition,
  Dependency,
  HealthDefinition,
  HooksDefinition,
  LimitsDefinition,
  ReloadPolicy,
  RestartDefinition,
  ScheduleDefinition,
  StopPolicy,
  WatchDefinition,
} from "./task-policies.ts";

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
    cmd: Type.Unsafe<Command>({
      ...Command,
      title: "Command",
      description:
        "A shell command line, or a list of arguments that is run without a shell; for a coroutine the path of a TypeScript or JavaScript file. {index} stands for the replica's index",
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
      Type.Array(Dependency, {
        title: "Depends on",
        default: [],
        description:
          "Tasks that are waited for before this one starts: a name alone until they do not run, an object until its condition holds",
        examples: [["migrate"]],
      }),
    ),
    description: Type.Optional(
      Type.String({
        title: "Description",
        maxLength: 2000,
        description: "For people",
        examples: ["The shop"],
      }),
    ),
    labels: Type.Optional(
      Type.Record(
        Type.String({ pattern: "^[A-Za-z0-9][A-Za-z0-9_./-]{0,62}$" }),
        Type.String({ maxLength: 256 }),
        {
          title: "Labels",
          description: "To select tasks by, as in label=tier=web",
          examples: [{ tier: "web" }],
          "x-keys": "letters, digits and _ . / -, at most 63",
          additionalProperties: false,
        },
      ),
    ),
    env: Type.Optional(
      Type.Record(Type.String({ pattern: "^[A-Za-z_][A-Za-z0-9_]*$" }), Type.String(), {
        title: "Environment",
        description: "Variables for the process. Their values are never given back: they read ***",
        examples: [{ PORT: "3000" }],
        "x-keys": "letters, digits and _, the first no digit,",
        additionalProperties: false,
        ...replaceable,
      }),
    ),
    env_file: Type.Optional(
      Type.String({
        title: "Environment file",
        minLength: 1,
        description: "A file of NAME=value lines, read at each start; env wins over it",
        examples: ["/etc/web.env"],
        ...replaceable,
      }),
    ),
    inherit_env: Type.Optional(
      Type.Union([Type.Boolean(), Type.Array(Type.String({ minLength: 1 }))], {
        title: "Inherit environment",
        default: true,
        description: "Whether the service's own environment is handed on, or which variables of it",
        ...replaceable,
      }),
    ),
    cwd: Type.Optional(
      Type.String({
        title: "Working directory",
        minLength: 1,
        description: "Where it runs; the service's own if not given",
        examples: ["/srv/web"],
        ...replaceable,
      }),
    ),
    umask: Type.Optional(
      Type.String({
        title: "File mode mask",
        pattern: "^[0-7]{3,4}$",
        description: "In octal; not on Windows",
        examples: ["027"],
        "x-expected": "three or four octal digits, such as 027",
        ...replaceable,
      }),
    ),
    nice: Type.Optional(
      Type.Integer({
        title: "Niceness",
        minimum: -20,
        maximum: 19,
        description: "Priority, 19 the lowest; below 0 is for root",
        ...replaceable,
      }),
    ),
    limits: Type.Optional(
      Type.Unsafe<Static<typeof LimitsDefinition>>({ ...LimitsDefinition, ...replaceable }),
    ),
    stdin: Type.Optional(
      Type.Union([Type.Literal("none"), Type.Literal("pipe")], {
        title: "Standard input",
        default: "none",
        description: "none: it reads an end at once; pipe: what is sent to …/stdin",
        ...replaceable,
      }),
    ),
    stop: Type.Optional(StopPolicy),
    reload: Type.Optional(ReloadPolicy),
    restart: Type.Optional(
      Type.Unsafe<Static<typeof RestartDefinition>>({ ...RestartDefinition, "x-types": ["daemon"] }),
    ),
    schedule: Type.Optional(
      Type.Unsafe<Static<typeof ScheduleDefinition>>({ ...ScheduleDefinition, "x-types": ["cron"] }),
    ),
    every_ms: Type.Optional(
      Type.Integer({
        title: "Every",
        minimum: 100,
        maximum: MAX_INTERVAL_MS,
        description: "Milliseconds from one start to the next, in place of cron",
        examples: [60_000],
        "x-types": ["cron"],
      }),
    ),
    timeout_ms: Type.Optional(
      Type.Integer({
        title: "Timeout",
        minimum: 1,
        maximum: MAX_INTERVAL_MS,
        description: "How long a run may take; then it is stopped, with result timeout",
        "x-types": ["once"],
      }),
    ),
    health: Type.Optional(
      Type.Unsafe<Static<typeof HealthDefinition>>({ ...HealthDefinition, "x-types": ["daemon"] }),
    ),
    max_memory_bytes: Type.Optional(
      Type.Integer({
        title: "Most memory",
        minimum: 1,
        description:
          "Resident memory of a replica's whole tree; above it the replica is restarted, with result oom",
        ...replaceable,
      }),
    ),
    watch: Type.Optional(
      Type.Unsafe<Static<typeof WatchDefinition>>({ ...WatchDefinition, "x-types": ["daemon"] }),
    ),
    autostart: Type.Optional(
      Type.Boolean({
        title: "Autostart",
        default: true,
        description: "False: it is defined, and waits for somebody to start it",
      }),
    ),
    hooks: Type.Optional(Type.Unsafe<Static<typeof HooksDefinition>>({ ...HooksDefinition, ...replaceable })),
    log: Type.Optional(Type.Unsafe<LogPolicyDefinition>({ ...LogPolicyDefinition, title: "Log" })),
  },
  { additionalProperties: false, title: "Task definition" },
);
export type TaskDefinition = Static<typeof TaskDefinition>;

/** A dependency with its defaults filled in. */
export interface TaskDependency {
  readonly task: string;
  readonly condition: DepCondition;
  readonly required: boolean;
}

/**
 * A definition with every default filled in; "not given" is `null`. What is an object of its own is kept as it was given:
 * its defaults are the business of whoever acts on it. A task is itself a definition once its nulls are left out.
 */
export interface Task {
  readonly name: string;
  readonly cmd: Command;
  readonly type: TaskType;
  readonly cron: string | null;
  readonly every_ms: number | null;
  readonly user: string | null;
  readonly group: string | null;
  readonly replica: number;
  /** Milliseconds; `null` means the adaptive back-off. */
  readonly interval: number | null;
  readonly deps: readonly TaskDependency[];
  readonly description: string | null;
  readonly labels: Readonly<Record<string, string>>;
  /** Secrets: never in a log, an answer, a fact or an error. */
  readonly env: Readonly<Record<string, string>>;
  readonly env_file: string | null;
  readonly inherit_env: boolean | readonly string[];
  readonly cwd: string | null;
  readonly umask: string | null;
  readonly nice: number | null;
  readonly limits: Static<typeof LimitsDefinition> | null;
  readonly stdin: "none" | "pipe";
  readonly stop: Static<typeof StopPolicy> | null;
  readonly reload: Static<typeof ReloadPolicy> | null;
  readonly restart: Static<typeof RestartDefinition> | null;
  readonly schedule: Static<typeof ScheduleDefinition> | null;
  readonly timeout_ms: number | null;
  readonly health: Static<typeof HealthDefinition> | null;
  readonly max_memory_bytes: number | null;
  readonly watch: Static<typeof WatchDefinition> | null;
  readonly autostart: boolean;
  readonly hooks: Static<typeof HooksDefinition> | null;
  readonly log: LogPolicyDefinition | null;
}

/** Fills in the defaults of a definition that is valid already; a task that was stored by an older version is one. */
export function completeTask(definition: TaskDefinition): Task {
  const { name, cmd, type } = definition;
  const every_ms = definition.every_ms ?? null;
  const cron = definition.cron ?? null;
  return {
    name,
    cmd,
    type,
    cron: type === "cron" && every_ms === null ? (cron ?? DEFAULT_CRON) : null,
    every_ms,
    user: definition.user ?? null,
    group: definition.group ?? null,
    replica: definition.replica ?? 1,
    interval: definition.interval ?? null,
    deps: completeDeps(definition.deps ?? []),
    description: definition.description ?? null,
    labels: definition.labels ?? {},
    env: definition.env ?? {},
    env_file: definition.env_file ?? null,
    inherit_env: definition.inherit_env ?? true,
    cwd: definition.cwd ?? null,
    umask: definition.umask ?? null,
    nice: definition.nice ?? null,
    limits: definition.limits ?? null,
    stdin: definition.stdin ?? "none",
    stop: definition.stop ?? null,
    reload: definition.reload ?? null,
    restart: definition.restart ?? null,
    schedule: definition.schedule ?? null,
    timeout_ms: definition.timeout_ms ?? null,
    health: definition.health ?? null,
    max_memory_bytes: definition.max_memory_bytes ?? null,
    watch: definition.watch ?? null,
    autostart: definition.autostart ?? true,
    hooks: definition.hooks ?? null,
    log: definition.log ?? null,
  };
}

/** A name alone is the dependency of Meproc 1.x: until it does not run, and it need not exist. Of two equal ones, one. */
function completeDeps(deps: NonNullable<TaskDefinition["deps"]>): TaskDependency[] {
  const complete = deps.map((dep): TaskDependency => {
    if (typeof dep === "string") return { task: dep, condition: "idle", required: false };
    return { task: dep.task, condition: dep.condition ?? "idle", required: dep.required ?? true };
  });
  return [...new Map(complete.map((dep) => [`${dep.condition} ${dep.task}`, dep])).values()];
}

/** A dependency as it is shown: its name alone where that says it all. */
export function shownDependency(dep: TaskDependency): string | TaskDependency {
  return dep.condition === "idle" && !dep.required ? dep.task : dep;
}

/** The command in one line, for people. */
export function commandLine(cmd: Command): string {
  return typeof cmd === "string"
    ? cmd
    : cmd.map((arg) => (/^[\w@%+=:,./-]+$/.test(arg) ? arg : JSON.stringify(arg))).join(" ");
}

/** What stands in the place of a value of `env`. Given back in a definition, it means the value as it was. */
export const HIDDEN = "***";

/** The task as it may be shown: of its environment only the names. */
export function hideEnv(task: Task): Task {
  return { ...task, env: Object.fromEntries(Object.keys(task.env).map((name) => [name, HIDDEN])) };
}

/** The fields that a process is started with: a change of one concerns only processes that start later. */
export const PROCESS_FIELDS: ReadonlySet<string> = new Set<keyof Task>([
  "type",
  "cmd",
  "env",
  "env_file",
  "inherit_env",
  "cwd",
  "umask",
  "nice",
  "limits",
  "stdin",
  "user",
  "group",
]);

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
