/** The composition root, first half: from the command line to what is to be done. */
import packageJson from "../package.json";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { administer } from "./accounts.ts";
import { checkWorld } from "./check-config.ts";
import { isAuthRequired } from "./auth/policy.ts";
import { type Invocation, parseCommand } from "./cli/command.ts";
import { PasswordError } from "./cli/password.ts";
import { PluginInitError, initPlugins } from "./cli/plugin-init.ts";
import { HandoverError, handOver, upgrade } from "./cli/handover.ts";
import { ConfigError, loadConfig } from "./config/load.ts";
import type { Config } from "./domain/config.ts";
import { MeprocError } from "./domain/errors.ts";
import { serve } from "./serve.ts";
import { DATABASE, StartError } from "./service.ts";
import { StoreError, checkDatabase } from "./store/database.ts";
import { checkTogether, parseTask } from "./supervisor/admission.ts";

const { version } = packageJson;

export async function run(args: readonly string[]): Promise<void> {
  const invocation = parseCommand(args, version);
  if (invocation.command === "exit") process.exit(invocation.code);
  const config = orExit(2, () => loadConfig(invocation.flags, process.env, parseTask, checkTogether));
  try {
    await perform(invocation, config, args);
  } catch (error) {
    exitWith(1, error);
  }
}

async function perform(
  invocation: Exclude<Invocation, { command: "exit" }>,
  config: Config,
  args: readonly string[],
): Promise<void> {
  switch (invocation.command) {
    case "serve":
      return serve(config, version, process.env, args);
    case "check-config":
      checkDatabase(join(config.dataDir, DATABASE));
      for (const warning of await checkedWorld(config)) process.stderr.write(`meproc: warning: ${warning}\n`);
      return printConfig(config);
    case "handover":
      return say(await handOver(config.dataDir));
    case "account":
      return say(await administer(config, invocation.order));
    case "upgrade":
      return say(await upgrade(config.dataDir, invocation.executable));
    case "plugin-init":
      return say(initPlugins(findExamples(), invocation.folder ?? config.pluginsDir));
  }
}

async function checkedWorld(config: Config): Promise<string[]> {
  try {
    return await checkWorld(config);
  } catch (error) {
    exitWith(2, error);
  }
}

/** Embedded in the executable, or in the project. */
function findExamples(): string {
  const embedded = join(import.meta.dir, "plugins");
  const own = join(import.meta.dir, "..", "conf", "examples", "plugins");
  return existsSync(own) ? own : embedded;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function orExit<T>(code: number, make: () => T): T {
  try {
    return make();
  } catch (error) {
    exitWith(code, error);
  }
}

/** One line for what a person can mend; anything else is a fault of ours and shows where. */
function exitWith(code: number, error: unknown): never {
  const expected = [
    ConfigError,
    StartError,
    StoreError,
    HandoverError,
    PasswordError,
    PluginInitError,
    MeprocError,
  ];
  const known = expected.some((kind) => error instanceof kind);
  if (!known || !(error instanceof Error)) throw error;
  process.stderr.write(`meproc: ${error.message}\n`);
  process.exit(code);
}

function printConfig(config: Config): void {
  const { ips, port, socket, auth, logLevel, logDir, dataDir, tasks, file } = config;
  process.stdout.write(
    [
      `file       ${file ?? "none"}`,
      `listen on  ${[...ips.map((ip) => `${ip}:${port}`), ...(socket === null ? [] : [socket.path])].join(", ")}`,
      `auth       ${isAuthRequired(config) ? "a token is needed" : "nobody has to say who he is"} (${auth})`,
      `log level  ${logLevel}`,
      `log dir    ${logDir}`,
      `data dir   ${dataDir}`,
      `tasks      ${tasks.length}`,
      "The configuration is fine.",
      "",
    ].join("\n"),
  );
}
