/** Makes the configuration: flags over environment over file over defaults. The only reader of process.env. */
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import {
  AUTH_MODES,
  type Config,
  ConfigFile,
  DEFAULT_LIMITS,
  LOG_LEVELS,
  type Limits,
  type SocketConfig,
} from "../domain/config.ts";
import { InvalidError, describeIssue } from "../domain/errors.ts";
import { MAIL, type WebhookDefinition } from "../domain/notify.ts";
import {
  DEFAULT_ALL_TASKS_BYTES,
  policyProblems,
  DEFAULT_LOG_POLICY,
  mergeLogPolicy,
} from "../domain/output.ts";
import { parse } from "../domain/parse.ts";
import { inWords } from "../platform/system-errors.ts";

const DEFAULT_IP = "127.0.0.1";

/** A fault of the configuration: one line that names the place, the key and what was expected. */
export class ConfigError extends Error {
  constructor(place: string, message: string) {
    super(`${place}: ${message}`);
    this.name = "ConfigError";
  }
}

/** The values of the command line, as they were typed. */
export interface Flags {
  readonly config?: string;
  readonly ip?: string;
  readonly port?: string;
  readonly auth?: string;
  readonly logLevel?: string;
  readonly logDir?: string;
  readonly dataDir?: string;
}

export type Variables = Readonly<Record<string, string | undefined>>;

/** Checks a task's definition; throws InvalidError. Handed in, since the rules are the supervisor's. */
export type CheckTask = (definition: unknown) => { readonly name: string };

/** Checks the definitions of a file as a whole; throws InvalidError. */
export type CheckTogether = (definitions: readonly unknown[]) => void;

export function loadConfig(
  flags: Flags,
  variables: Variables,
  checkTask: CheckTask,
  checkTogether: CheckTogether = () => undefined,
): Config {
  const named = flags.config ?? variables["MEPROC_CONFIG"] ?? null;
  const path = named === null ? null : resolve(named);
  const file = path === null ? {} : readConfigFile(path);
  if (path !== null) checkTasks(path, file.tasks ?? [], checkTask, checkTogether);
  if (path !== null) checkListeners(path, file.listeners ?? []);
  if (path !== null) checkWebhooks(path, file.webhooks ?? []);
  const settings = overlay(flags, variables);
  const { all_tasks_bytes = DEFAULT_ALL_TASKS_BYTES, ...log } = file.log ?? {};
  for (const [field, expected] of policyProblems(log))
    throw new ConfigError(`${path}`, `log.${field}: ${expected}`);
  const dataDir = resolve(settings.data_dir ?? file.data_dir ?? defaultDataDir(variables));
  const ips = addressesOf(settings.ip ?? file.ip ?? DEFAULT_IP);
  return Object.freeze({
    ip: ips[0] ?? DEFAULT_IP,
    ips,
    port: settings.port ?? file.port ?? 8606,
    socket: socketOf(file, path),
    tls: file.tls === undefined ? null : { cert: resolve(file.tls.cert), key: resolve(file.tls.key) },
    allowedHosts: file.allowed_hosts ?? [],
    corsOrigins: file.cors_origins ?? [],
    limits: limitsOf(file.limits ?? {}),
    auth: settings.auth ?? file.auth ?? "auto",
    sessionHours: file.session_hours ?? 12,
    metricsOpen: file.metrics_open ?? false,
    logLevel: settings.log_level ?? file.log_level ?? "info",
    logDir: resolve(settings.log_dir ?? file.log_dir ?? join(dataDir, "log")),
    dataDir,
    fifoDir: file.fifo_dir === undefined ? null : resolve(file.fifo_dir),
    bootstrapCmd: file.bootstrap_cmd ?? null,
    web: { ip: file.web?.ip ?? null, port: file.web?.port ?? null },
    exitWith: file.exit_with ?? null,
    history: {
      maxRunsPerTask: file.history?.max_runs_per_task ?? 1000,
      maxAgeDays: file.history?.max_age_days ?? 30,
    },
    log: mergeLogPolicy(DEFAULT_LOG_POLICY, log),
    allTasksBytes: all_tasks_bytes,
    pluginsDir: resolve(file.plugins_dir ?? join(path === null ? dataDir : dirname(path), "plugins")),
    plugins: file.plugins ?? {},
    listeners: file.listeners ?? [],
    webhooks: file.webhooks ?? [],
    mail: file.mail ?? null,
    metrics: file.metrics ?? null,
    otel: file.otel ?? null,
    tasks: file.tasks ?? [],
    file: path,
  });
}

/** A flag or a variable names several with commas between them. Each is listened on once. */
function addressesOf(ip: string | readonly string[]): string[] {
  const all = typeof ip === "string" ? ip.split(",").map((each) => each.trim()) : ip;
  return [...new Set(all)];
}

function socketOf(file: ConfigFile, place: string | null): SocketConfig | null {
  if (file.socket === undefined) {
    const lonely = (["socket_mode", "socket_group", "socket_role"] as const).find((key) => key in file);
    if (lonely === undefined) return null;
    throw new ConfigError(place ?? "", `${lonely}: there is no socket`);
  }
  return {
    path: resolve(file.socket),
    mode: Number.parseInt(file.socket_mode ?? (file.socket_group === undefined ? "600" : "660"), 8),
    group: file.socket_group ?? null,
    role: file.socket_role ?? "operator",
  };
}

function limitsOf(given: NonNullable<ConfigFile["limits"]>): Limits {
  return {
    requests: given.requests ?? DEFAULT_LIMITS.requests,
    requestsPerAddress: given.requests_per_address ?? DEFAULT_LIMITS.requestsPerAddress,
    streams: given.streams ?? DEFAULT_LIMITS.streams,
    streamsPerAddress: given.streams_per_address ?? DEFAULT_LIMITS.streamsPerAddress,
    sendTimeoutS: given.send_timeout_s ?? DEFAULT_LIMITS.sendTimeoutS,
  };
}

function readConfigFile(path: string): ConfigFile {
  const parsed = parse(ConfigFile, parseToml(path));
  if (parsed.ok) return parsed.value;
  const [first] = parsed.issues;
  throw new ConfigError(path, first === undefined ? "not valid" : describeIssue(first));
}

function parseToml(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new ConfigError(path, `cannot be read: ${inWords(error)}`);
  }
  try {
    return Bun.TOML.parse(text);
  } catch (error) {
    throw new ConfigError(`${path}:${brokenLine(text)}`, `not valid TOML: ${tomlReason(error)}`);
  }
}

/** The parser tells no line: it is the one after the longest beginning that is valid. */
function brokenLine(text: string): number {
  const lines = text.split("\n");
  for (let good = lines.length - 1; good > 0; good--)
    if (isToml(lines.slice(0, good).join("\n"))) return good + 1;
  return 1;
}

function isToml(text: string): boolean {
  try {
    Bun.TOML.parse(text);
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

function tomlReason(error: unknown): string {
  const message = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
  return message.replace(/^TOML Parse error: /, "");
}

function checkTasks(
  path: string,
  tasks: readonly unknown[],
  checkTask: CheckTask,
  checkTogether: CheckTogether,
): void {
  const names = new Set<string>();
  for (const [index, definition] of tasks.entries()) {
    const place = `${path}: [[tasks]] number ${index + 1}`;
    const name = checked(place, () => checkTask(definition).name);
    if (names.has(name)) throw new ConfigError(place, `name: ${name} is the name of an earlier task`);
    names.add(name);
  }
  checked(path, () => checkTogether(tasks));
}

function checkListeners(path: string, listeners: readonly { readonly name: string }[]): void {
  const names = new Set<string>();
  for (const [index, { name }] of listeners.entries()) {
    if (names.has(name))
      throw new ConfigError(`${path}: [[listeners]] number ${index + 1}`, `name: ${name} is taken`);
    names.add(name);
  }
}

function checkWebhooks(path: string, webhooks: readonly WebhookDefinition[]): void {
  const names = new Set([MAIL]);
  for (const [index, { name, url }] of webhooks.entries()) {
    const place = `${path}: [[webhooks]] number ${index + 1}`;
    if (names.has(name)) throw new ConfigError(place, `name: ${name} is taken`);
    if (!URL.canParse(url)) throw new ConfigError(place, "url: expected a URL of http or https");
    names.add(name);
  }
}

function checked<T>(place: string, check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (error instanceof InvalidError)
      throw new ConfigError(place, error.issues.map(describeIssue).join("; "));
    throw error;
  }
}

type Overlay = Partial<Pick<ConfigFile, "ip" | "port" | "auth" | "log_level" | "log_dir" | "data_dir">>;

/** Flags and environment under the keys of the file. Empty variables count as not set. */
function overlay(flags: Flags, variables: Variables): Overlay {
  const pick = (flag: string | undefined, name: string, variable: string) => {
    if (flag !== undefined) return { text: flag, place: name };
    const text = variables[variable];
    return text === undefined || text === "" ? null : { text, place: variable };
  };
  const ip = pick(flags.ip, "--ip", "MEPROC_IP");
  const port = pick(flags.port, "--port", "MEPROC_PORT");
  const auth = pick(flags.auth, "--auth", "MEPROC_AUTH");
  const level = pick(flags.logLevel, "--log-level", "MEPROC_LOG_LEVEL");
  const logDir = pick(flags.logDir, "--log-dir", "MEPROC_LOG_DIR");
  const dataDir = pick(flags.dataDir, "--data-dir", "MEPROC_DATA_DIR");
  return {
    ...(ip === null ? {} : { ip: ip.text }),
    ...(port === null ? {} : { port: toPort(port.place, port.text) }),
    ...(auth === null ? {} : { auth: oneOf(AUTH_MODES, auth.place, auth.text) }),
    ...(level === null ? {} : { log_level: oneOf(LOG_LEVELS, level.place, level.text) }),
    ...(logDir === null ? {} : { log_dir: logDir.text }),
    ...(dataDir === null ? {} : { data_dir: dataDir.text }),
  };
}

function toPort(place: string, text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port <= 65535) return port;
  throw new ConfigError(place, "expected an integer from 0 to 65535");
}

function oneOf<T extends string>(choices: readonly T[], place: string, text: string): T {
  const found = choices.find((each) => each === text);
  if (found !== undefined) return found;
  throw new ConfigError(place, `expected one of ${choices.join(", ")}`);
}

/** Where a service keeps its data when nobody says so. */
export function defaultDataDir(variables: Variables): string {
  const given = variables["STATE_DIRECTORY"]?.split(":")[0];
  if (given) return given;
  if (process.platform === "win32") return join(variables["LOCALAPPDATA"] ?? homedir(), "meproc");
  if (process.getuid?.() === 0) return "/var/lib/meproc";
  return join(variables["XDG_STATE_HOME"] || join(homedir(), ".local", "state"), "meproc");
}
