/** The parts of a task's definition that are objects of their own. Durations in milliseconds, sizes in bytes. */
import { type Static, Type } from "@sinclair/typebox";

const closed = { additionalProperties: false } as const;
const DAY_MS = 86_400_000;
const YEAR_MS = 365 * DAY_MS;

const duration = (description: string, minimum = 0) =>
  Type.Optional(Type.Integer({ minimum, maximum: YEAR_MS, description }));
const count = (description: string, minimum = 0) =>
  Type.Optional(Type.Integer({ minimum, maximum: 1_000_000, description }));
const text = (description: string, options: Record<string, unknown> = {}) =>
  Type.String({ minLength: 1, description, ...options });
const oneOf = <const Values extends readonly string[]>(values: Values, description: string) =>
  Type.Union(
    values.map((value) => Type.Literal(value as Values[number])),
    { description },
  );

/** A shell line, or a list of arguments that is run without a shell. */
export const Command = Type.Union([
  Type.String({ minLength: 1 }),
  Type.Array(Type.String(), { minItems: 1, maxItems: 4096 }),
]);
export type Command = Static<typeof Command>;
const command = (description: string) => Type.Optional(Type.Unsafe<Command>({ ...Command, description }));

export const SIGNALS = [
  "SIGTERM",
  "SIGINT",
  "SIGQUIT",
  "SIGHUP",
  "SIGUSR1",
  "SIGUSR2",
  "SIGKILL",
  "SIGWINCH",
  "SIGCONT",
  "SIGSTOP",
  "SIGABRT",
  "SIGALRM",
] as const;
export type Signal = (typeof SIGNALS)[number];
export const Signal = oneOf(SIGNALS, "The name of a signal");

export const DEP_CONDITIONS = ["idle", "started", "healthy", "exited", "succeeded"] as const;
export type DepCondition = (typeof DEP_CONDITIONS)[number];

/** A dependency: its name alone means `idle`, and that it need not exist, as in Meproc 1.x. */
export const Dependency = Type.Union([
  Type.String({ minLength: 1 }),
  Type.Object(
    {
      task: Type.String({ minLength: 1 }),
      condition: Type.Optional(
        oneOf(
          DEP_CONDITIONS,
          "What is waited for: idle, that it does not run; started, that every replica runs; healthy; exited, that it has run to its end; succeeded, with success",
        ),
      ),
      required: Type.Optional(
        Type.Boolean({ default: true, description: "False: a task that does not exist holds nothing back" }),
      ),
    },
    closed,
  ),
]);

export const StopPolicy = Type.Object(
  {
    signal: Type.Optional(Type.Unsafe<Signal>({ ...Signal, default: "SIGTERM" })),
    timeout_ms: duration("How long it may take before it is killed; 10000"),
    command: command("Run in place of the signal; MEPROC_PID is the process"),
  },
  { ...closed, title: "Stop" },
);

export const ReloadPolicy = Type.Object(
  {
    signal: Type.Optional(Type.Unsafe<Signal>({ ...Signal, description: "Sent to the process itself" })),
    command: command("Run for each process; MEPROC_PID is the process"),
  },
  { ...closed, title: "Reload", description: "Either a signal or a command" },
);

export const RESTART_POLICIES = ["always", "on_failure", "never"] as const;
export const RestartDefinition = Type.Object(
  {
    policy: Type.Optional(oneOf(RESTART_POLICIES, "When it is started again; always")),
    delay_ms: duration("The first pause. Not given: the first restart at once, then 100"),
    max_delay_ms: duration("The longest pause; 3000, or delay_ms if that is longer"),
    factor: Type.Optional(
      Type.Number({ minimum: 1, maximum: 100, description: "By how much each pause is longer; 2" }),
    ),
    jitter: Type.Optional(
      Type.Number({ minimum: 0, maximum: 1, description: "Share by which a pause may vary; 0.1" }),
    ),
    max_restarts: count("How often within window_ms before it counts as failed; not given: never given up"),
    window_ms: duration("The window of max_restarts; 60000", 1),
    reset_after_ms: duration("A run of this length begins anew with the pauses; 10000"),
    retry_after_ms: duration("How long after giving up it tries again by itself; not given: never", 1),
    success_exit_codes: Type.Optional(
      Type.Array(Type.Integer({ minimum: 0, maximum: 255 }), {
        maxItems: 256,
        description: "The exit codes that are a success; [0]",
      }),
    ),
  },
  { ...closed, title: "Restart" },
);

export const OVERLAPS = ["skip", "queue", "replace", "allow"] as const;
export const CATCH_UPS = ["none", "last", "all"] as const;
export const ScheduleDefinition = Type.Object(
  {
    timezone: Type.Optional(
      text("An IANA name; the service's own if not given", { examples: ["Europe/Berlin"] }),
    ),
    overlap: Type.Optional(oneOf(OVERLAPS, "What a time does while the run before goes on; skip")),
    catch_up: Type.Optional(oneOf(CATCH_UPS, "What is made up for of the times that were missed; none")),
    catch_up_limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 1000, description: "At most so many with catch_up all; 10" }),
    ),
    jitter_ms: duration("Each start is put off by a random time of up to this"),
    starting_deadline_ms: duration("A start that is later than this is left out"),
    timeout_ms: duration("How long a run may take; then it is stopped", 1),
    retries: count("How often a run that failed is repeated"),
    retry_delay_ms: duration("The pause before that; 1000"),
  },
  { ...closed, title: "Schedule policy" },
);

export const HealthDefinition = Type.Object(
  {
    http: Type.Optional(
      text("A URL that must answer 200 to 399", { examples: ["http://127.0.0.1:3000/healthz"] }),
    ),
    tcp: Type.Optional(text("host:port that must take a connection", { examples: ["127.0.0.1:5432"] })),
    exec: command("A command that must end with 0"),
    log: Type.Optional(text("A regular expression: healthy once a line of output matches it")),
    interval_ms: duration("The pause between two checks; 10000", 1),
    timeout_ms: duration("How long a check may take; 5000", 1),
    retries: count("So many failures in a row make it unhealthy; 3", 1),
    start_period_ms: duration("Failures so soon after the start do not count; 0"),
    on_unhealthy: Type.Optional(
      oneOf(["restart", "none"] as const, "What is done with one that is unhealthy; none"),
    ),
  },
  { ...closed, title: "Health check", description: "Exactly one of http, tcp, exec and log" },
);

export const LimitsDefinition = Type.Object(
  {
    nofile: count("Open files"),
    nproc: count("Processes of its user"),
    core: Type.Optional(Type.Integer({ minimum: 0, description: "Bytes of a core dump" })),
    cpu: Type.Optional(Type.Integer({ minimum: 1, description: "Seconds of CPU time" })),
    as: Type.Optional(Type.Integer({ minimum: 0, description: "Bytes of address space" })),
    fsize: Type.Optional(Type.Integer({ minimum: 0, description: "Bytes of a file it writes" })),
    memory_bytes: Type.Optional(
      Type.Integer({
        minimum: 4096,
        description: "Memory of the whole tree; needs the cgroup controller memory",
      }),
    ),
    cpu_percent: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 100_000,
        description: "100 is one core; needs the cgroup controller cpu",
      }),
    ),
    pids: count("Processes and threads of the whole tree; needs the cgroup controller pids", 1),
  },
  { ...closed, title: "Limits" },
);

export const WatchDefinition = Type.Object(
  {
    paths: Type.Array(Type.String({ minLength: 1 }), {
      minItems: 1,
      maxItems: 100,
      description: "Files and folders, with all that is in them",
    }),
    ignore: Type.Optional(Type.Array(Type.String({ minLength: 1 }), { maxItems: 100, description: "Globs" })),
    debounce_ms: duration("How long it must be quiet before the restart; 500"),
  },
  { ...closed, title: "Watch", description: "Restart when files change" },
);

export const HooksDefinition = Type.Object(
  {
    pre_start: command("Before each start; if it fails, nothing is started"),
    post_stop: command("After each end"),
    timeout_ms: duration("How long a hook may take before it is killed and counts as failed; 30000", 1),
  },
  { ...closed, title: "Hooks", description: "Commands before each start and after each end" },
);
