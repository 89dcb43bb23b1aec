/** The service inside the test's own process: every room is real, only the signals are missing. */
import { join } from "node:path";
import { type AuthMode, type Config, DEFAULT_LIMITS } from "../../src/domain/config.ts";
import { DEFAULT_ALL_TASKS_BYTES, DEFAULT_LOG_POLICY } from "../../src/domain/output.ts";
import { createService } from "../../src/service.ts";

/**
 * Serves on a free port until `close`, which leaves no process behind. Until then the exits of all children of this
 * process but the service's are collected: a test beside it may use Bun.spawnSync, and Bun.spawn not.
 */
export async function serveInProcess(
  folder: string,
  { auth = "auto", ip = "127.0.0.1", ...more }: { auth?: AuthMode; ip?: string } & Partial<Config> = {},
): Promise<{ baseUrl: string; close: () => Promise<void> }> {
  const config: Config = {
    ips: [ip],
    socket: null,
    tls: null,
    allowedHosts: [],
    corsOrigins: [],
    limits: DEFAULT_LIMITS,
    ip,
    port: 0,
    auth,
    sessionHours: 12,
    metricsOpen: false,
    logLevel: "info",
    logDir: join(folder, "log"),
    dataDir: join(folder, "data"),
    fifoDir: null,
    bootstrapCmd: null,
    web: { ip: null, port: null },
    exitWith: null,
    history: { maxRunsPerTask: 1000, maxAgeDays: 30 },
    log: DEFAULT_LOG_POLICY,
    allTasksBytes: DEFAULT_ALL_TASKS_BYTES,
    pluginsDir: join(folder, "plugins"),
    plugins: {},
    listeners: [],
    webhooks: [],
    mail: null,
    metrics: null,
    otel: null,
    tasks: [],
    file: null,
    ...more,
  };
  const variables = { ...process.env };
  const service = await createService(config, {
    version: "2.0.0",
    variables,
    args: [],
    terminal: () => undefined,
    colours: false,
    stdout: { write: () => true, drained: async () => undefined },
  });
  return { baseUrl: `http://127.0.0.1:${service.port}`, close: () => service.stop() };
}
