/** The command line: what may be typed and what it means. It decides nothing and starts nothing. */
import { Command, CommanderError } from "commander";
import type { Flags } from "../config/load.ts";
import { type AccountOrder, addAccountCommands } from "./account-commands.ts";

export type Invocation =
  | { readonly command: "serve" | "check-config" | "handover"; readonly flags: Flags }
  | { readonly command: "upgrade"; readonly executable: string; readonly flags: Flags }
  | { readonly command: "account"; readonly order: AccountOrder; readonly flags: Flags }
  /** `folder` is where plugins are looked for, if not given. */
  | { readonly command: "plugin-init"; readonly folder: string | null; readonly flags: Flags }
  /** Help, version or a usage error has been printed: end with this code. */
  | { readonly command: "exit"; readonly code: number };

const USAGE_ERROR = 2;

/** `args` are those after the program's name. Prints help and usage errors itself. */
export function parseCommand(args: readonly string[], version: string): Invocation {
  let result: Invocation = { command: "exit", code: USAGE_ERROR };
  const program = new Command("meproc")
    .description("Starts, stops and restarts programs, over HTTP and a web page")
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .exitOverride()
    .enablePositionalOptions()
    .showSuggestionAfterError();
  withFlags(program.command("serve", { isDefault: true }))
    .description("run the service (the default)")
    .action((flags: Flags) => {
      result = { command: "serve", flags };
    });
  withFlags(program.command("check-config"))
    .description("check configuration file, environment and flags, and print what is in force")
    .action((flags: Flags) => {
      result = { command: "check-config", flags };
    });
  withFlags(program.command("handover"))
    .description("make the running service leave without stopping anything; the next one takes over")
    .action((flags: Flags) => {
      result = { command: "handover", flags };
    });
  withFlags(program.command("upgrade"))
    .description("make the running service become another executable, in place; nothing is stopped")
    .argument("<path>", "the new executable; it is checked first")
    .action((executable: string, flags: Flags) => {
      result = { command: "upgrade", executable, flags };
    });
  addAccountCommands(program, withPlace, (order, flags) => {
    result = { command: "account", order, flags };
  });
  const plugin = program.command("plugin").description("write plugins").exitOverride();
  withFlags(plugin.command("init"))
    .description("write an example of a plugin, and the types for it")
    .argument("[folder]", "where to; if not given, where the service looks for plugins")
    .action((folder: string | undefined, flags: Flags) => {
      result = { command: "plugin-init", folder: folder ?? null, flags };
    });
  program.addHelpText("after", HELP);
  try {
    program.parse([...args], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return { command: "exit", code: error.exitCode === 0 ? 0 : USAGE_ERROR };
  }
  return result;
}

/** What tells where the data directory is. */
function withPlace(command: Command): Command {
  return command
    .option("--config <file>", "configuration file (TOML)")
    .option("--data-dir <folder>", "where the service keeps its data");
}

function withFlags(command: Command): Command {
  return command
    .option("--config <file>", "configuration file (TOML)")
    .option("--ip <address>", "address to listen on (default 127.0.0.1)")
    .option("--port <number>", "port to listen on, 0 for a free one (default 8606)")
    .option("--auth <mode>", "auto, token or none: who may come in (default auto)")
    .option("--log-level <level>", "debug, info, warn or error (default info)")
    .option("--log-dir <folder>", "where logs and output go (default <data-dir>/log)")
    .option("--data-dir <folder>", "where the service keeps its data")
    .allowExcessArguments(false)
    .exitOverride();
}

const HELP = `
Flags of serve, also without the word:
  --config --ip --port --auth --log-level --log-dir --data-dir   (meproc serve --help)

Environment: MEPROC_CONFIG MEPROC_IP MEPROC_PORT MEPROC_AUTH MEPROC_LOG_LEVEL MEPROC_LOG_DIR MEPROC_DATA_DIR
Flags win over the environment, the environment over the file.

Exit codes: 0 stopped as asked, 1 could not start, 2 usage or configuration.`;
