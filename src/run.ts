/** The composition root, first half: from the command line to what is to be done. */
import packageJson from "../package.json";
import { parseCommand } from "./cli/command.ts";
import { ConfigError, loadConfig } from "./config/load.ts";
import type { Config } from "./domain/config.ts";
import { serve } from "./serve.ts";
import { StartError } from "./service.ts";
import { parseTask } from "./supervisor/admission.ts";

const { version } = packageJson;

export async function run(args: readonly string[]): Promise<void> {
  const invocation = parseCommand(args, version);
  if (invocation.command === "exit") process.exit(invocation.code);
  const config = orExit(2, () => loadConfig(invocation.flags, process.env, parseTask));
  if (invocation.command === "check-config") return printConfig(config);
  try {
    await serve(config, version, process.env, args);
  } catch (error) {
    exitWith(1, error);
  }
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
  if (!(error instanceof ConfigError) && !(error instanceof StartError)) throw error;
  process.stderr.write(`meproc: ${error.message}\n`);
  process.exit(code);
}

function printConfig(config: Config): void {
  const { ip, port, logLevel, logDir, dataDir, tasks, file } = config;
  process.stdout.write(
    [
      `file       ${file ?? "none"}`,
      `listen on  ${ip}:${port}`,
      `log level  ${logLevel}`,
      `log dir    ${logDir}`,
      `data dir   ${dataDir}`,
      `tasks      ${tasks.length}`,
      "The configuration is fine.",
      "",
    ].join("\n"),
  );
}
