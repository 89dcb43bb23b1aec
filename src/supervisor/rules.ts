/** The rules between and within the fields of a definition that its schema does not tell. Pure; values are never repeated. */
import type { Issue, Rule } from "../domain/errors.ts";
import { nameProblem } from "../domain/name.ts";
import { policyProblems } from "../domain/output.ts";
import type { Command } from "../domain/task-policies.ts";
import { RESERVED_NAMES, TaskDefinition, type TaskType } from "../domain/task.ts";
import { cronProblem } from "./schedule.ts";
import { zoneProblem } from "./zone.ts";

/** The fields of a definition that have their shape; others may be missing or wrong. */
export type Sound = Partial<TaskDefinition>;

const issue = (path: string, message: string, rule: Rule = "shape"): Issue => ({ path, message, rule });
/** What the service itself sets for its processes. */
const OWN_VARIABLES = [
  "MEPROC_TASK",
  "MEPROC_INDEX",
  "MEPROC_REPLICAS",
  "MEPROC_RUN",
  "MEPROC_PID",
  "MEPROC_SERVICE",
];
/** Meproc 1.x takes a pause for every type. */
const FOR_ANY_TYPE = ["interval"];
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;
const CHECKS = ["http", "tcp", "exec", "log"] as const;

export function* ruleIssues(fields: Sound): Generator<Issue> {
  yield* nulIssues(fields, "");
  if (fields.name !== undefined) yield* nameIssues(fields.name);
  yield* commandIssues(fields);
  yield* scheduleIssues(fields);
  if (fields.type !== undefined) yield* typeIssues(fields, fields.type);
  yield* environmentIssues(fields);
  yield* restartIssues(fields);
  yield* oneOfIssues(fields);
  yield* healthIssues(fields.health);
  for (const [field, expected] of policyProblems(fields.log ?? {})) yield issue(`/log/${field}`, expected);
}

function* nameIssues(name: string): Generator<Issue> {
  if (RESERVED_NAMES.includes(name)) yield issue("/name", `name '${name}' is reserved`, "reserved");
  const problem = nameProblem(name);
  if (problem !== null) yield issue("/name", problem);
}

/** No text of a definition may hold NUL: the system ends it there. */
function* nulIssues(value: unknown, path: string): Generator<Issue> {
  if (typeof value === "string" && value.includes("\0"))
    yield issue(path, "expected a text without the character NUL");
  if (typeof value !== "object" || value === null) return;
  for (const [key, part] of Object.entries(value)) yield* nulIssues(part, `${path}/${pointer(key)}`);
}

function* commandIssues({ cmd, type, stop, reload, hooks, health }: Sound): Generator<Issue> {
  if (cmd !== undefined && isBlank(cmd)) yield issue("/cmd", "expected a command");
  if (type === "coroutine" && Array.isArray(cmd))
    yield issue("/cmd", "a coroutine is the path of a script: expected a text");
  const others = [
    ["/stop/command", stop?.command],
    ["/reload/command", reload?.command],
    ["/hooks/pre_start", hooks?.pre_start],
    ["/hooks/post_stop", hooks?.post_stop],
    ["/health/exec", health?.exec],
  ] as const;
  for (const [path, command] of others)
    if (command !== undefined && isBlank(command)) yield issue(path, "expected a command");
}

function isBlank(command: Command): boolean {
  const first = typeof command === "string" ? command : (command[0] ?? "");
  return first.trim() === "";
}

function* scheduleIssues({ type, cron, every_ms, schedule }: Sound): Generator<Issue> {
  if (cron !== undefined && type !== undefined && type !== "cron")
    yield issue("/cron", "only a task of type cron has a schedule", "cron_type");
  const problem = type === "cron" && cron !== undefined ? cronProblem(cron) : null;
  if (problem !== null) yield issue("/cron", problem, "cron_format");
  if (cron !== undefined && every_ms !== undefined && type === "cron")
    yield issue("/every_ms", "expected either cron or every_ms");
  const zone = schedule?.timezone === undefined ? null : zoneProblem(schedule.timezone);
  if (zone !== null) yield issue("/schedule/timezone", zone);
  if (schedule?.catch_up_limit !== undefined && schedule.catch_up !== "all")
    yield issue("/schedule/catch_up_limit", 'only catch_up "all" has a limit');
}

/** The schema says for which types a field is; what says no more than its default is for all. */
function* typeIssues(fields: Sound, type: TaskType): Generator<Issue> {
  const given: Readonly<Record<string, unknown>> = fields;
  for (const [field, schema] of Object.entries(TaskDefinition.properties)) {
    const types: readonly string[] | undefined = (schema as Record<string, unknown>)["x-types"] as
      string[] | undefined;
    if (types === undefined || types.includes(type) || field === "cron" || FOR_ANY_TYPE.includes(field))
      continue;
    if (saysNothing(given[field], schema.default)) continue;
    yield issue(`/${field}`, typeReason(field, type, types));
  }
  if (type !== "coroutine") return;
  for (const field of ["stop", "reload"] as const)
    if (fields[field] !== undefined)
      yield issue(`/${field}`, "a coroutine has no process that takes a signal");
}

function saysNothing(value: unknown, otherwise: unknown): boolean {
  if (value === undefined || value === otherwise) return true;
  return (
    typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length === 0
  );
}

function typeReason(field: string, type: TaskType, types: readonly string[]): string {
  if (type === "coroutine" && (field === "user" || field === "group"))
    return "a coroutine runs inside the service and has its rights";
  if (type === "coroutine" && types.length > 1) return "a coroutine has no process of its own";
  return `only a task of type ${types.join(" or ")} has this`;
}

function* environmentIssues({ env, inherit_env }: Sound): Generator<Issue> {
  for (const name of Object.keys(env ?? {}))
    if (OWN_VARIABLES.includes(name)) yield issue(`/env/${name}`, "the service itself sets this");
  if (!Array.isArray(inherit_env)) return;
  for (const [index, name] of inherit_env.entries())
    if (!VARIABLE.test(name)) yield issue(`/inherit_env/${index}`, "expected the name of a variable");
}

function* restartIssues({ interval, restart }: Sound): Generator<Issue> {
  if (restart === undefined) return;
  const { delay_ms, max_delay_ms, max_restarts, window_ms, retry_after_ms } = restart;
  if (interval !== undefined && delay_ms !== undefined)
    yield issue("/restart/delay_ms", "expected either interval or restart.delay_ms");
  if (delay_ms !== undefined && max_delay_ms !== undefined && max_delay_ms < delay_ms)
    yield issue("/restart/max_delay_ms", "expected at least restart.delay_ms");
  if (max_restarts !== undefined) return;
  const needs = "expected together with restart.max_restarts";
  if (window_ms !== undefined) yield issue("/restart/window_ms", needs);
  if (retry_after_ms !== undefined) yield issue("/restart/retry_after_ms", needs);
}

/** Where one of several must be chosen. */
function* oneOfIssues({ stop, reload, health }: Sound): Generator<Issue> {
  if (stop?.signal !== undefined && stop.command !== undefined)
    yield issue("/stop/command", "expected either stop.signal or stop.command");
  if (reload !== undefined && (reload.signal === undefined) === (reload.command === undefined))
    yield issue("/reload", "expected exactly one of signal and command");
  if (health === undefined) return;
  if (CHECKS.filter((check) => health[check] !== undefined).length !== 1)
    yield issue("/health", "expected exactly one of http, tcp, exec and log");
}

function* healthIssues(health: Sound["health"]): Generator<Issue> {
  if (health === undefined) return;
  const { http, tcp, log } = health;
  if (http !== undefined && !isHttpUrl(withAnyIndex(http)))
    yield issue("/health/http", "expected a URL that begins with http:// or https://");
  if (tcp !== undefined && !isHostAndPort(withAnyIndex(tcp)))
    yield issue("/health/tcp", "expected host:port, the port from 1 to 65535");
  if (log !== undefined && !isPattern(log)) yield issue("/health/log", "expected a regular expression");
}

/** As it reads for a replica. */
function withAnyIndex(text: string): string {
  return text.replaceAll("{index}", "0");
}

function isHttpUrl(text: string): boolean {
  const url = URL.parse(text);
  return (
    url !== null && (url.protocol === "http:" || url.protocol === "https:") && /^https?:\/\//i.test(text)
  );
}

function isHostAndPort(text: string): boolean {
  const found = /^(?:\[[0-9A-Fa-f:.%\w]+\]|[^\s:[\]/@]+):(\d{1,5})$/.exec(text);
  const port = Number(found?.[1] ?? 0);
  return port >= 1 && port <= 65_535;
}

function isPattern(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

/** A key within a JSON pointer. */
function pointer(key: string): string {
  return key.replaceAll("~", "~0").replaceAll("/", "~1");
}
