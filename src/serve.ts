/** The composition root, second half: builds the adapters, wires the ports, handles the signals. Nothing else wires. */
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "./domain/config.ts";
import { MeprocError } from "./domain/errors.ts";
import type { Variables } from "./config/load.ts";
import { Bus } from "./events/bus.ts";
import { Journal } from "./events/journal.ts";
import { linesOf } from "./events/log-lines.ts";
import { httpUrl, pageUrl } from "./http/address.ts";
import { createApp } from "./http/app.ts";
import type { Capture, ReportLoss } from "./output/capture.ts";
import { CopyCapture } from "./output/copy-capture.ts";
import { PipeCapture } from "./output/pipe-capture.ts";
import { FileReader } from "./output/reader.ts";
import { SpliceCapture } from "./output/splice-capture.ts";
import { systemClock } from "./platform/clock.ts";
import { codeOf, inWords } from "./platform/system-errors.ts";
import { Children } from "./spawn/children.ts";
import { CoroutineEngine } from "./spawn/coroutine-engine.ts";
import { chooseEngine } from "./spawn/engines.ts";
import { inheritedEnvironment } from "./spawn/environment.ts";
import { LocalEngine } from "./spawn/local-engine.ts";
import { findStrangers } from "./spawn/strangers.ts";
import { SystemUsers } from "./spawn/users.ts";
import { Supervisor } from "./supervisor/supervisor.ts";

/** Why the service cannot start, in one line. */
export class StartError extends Error {
  override readonly name = "StartError";
}

const BOOTSTRAP_DELAY_MS = 1000;
/** The worker modules are entry points of their own in the executable. */
const SPLICE_THREAD = new URL("./output/splice-thread.ts", import.meta.url).href;
const COROUTINE_HOST = new URL("./spawn/coroutine-host.ts", import.meta.url);

export interface Service {
  readonly supervisor: Supervisor;
  readonly journal: Journal;
  /** The port in use, also when the configuration asked for a free one. */
  readonly port: number;
  /** Stops every task, dependents first, then the service; settles when nothing is left. */
  stop(): Promise<void>;
  /** Kills every process at once. */
  kill(): void;
}

export interface ServiceOptions {
  readonly version: string;
  readonly variables: Variables;
  readonly terminal: (line: string) => void;
  readonly colours: boolean;
}

/** Runs the service until a signal ends it. */
export async function serve(config: Config, version: string, variables: Variables): Promise<void> {
  const service = await createService(config, {
    version,
    variables,
    terminal: (line) => void process.stdout.write(`${line}\n`),
    colours: process.stdout.isTTY === true && !variables["NO_COLOR"],
  });
  const { journal, supervisor } = service;
  process.on("uncaughtException", (error) => journal.error(`Unexpected: ${inWords(error)}`));
  process.on("unhandledRejection", (error) => journal.error(`Unexpected: ${inWords(error)}`));
  onStopSignal(
    (signal) => {
      journal.info(`${signal}: stopping all tasks. A second signal kills them at once`);
      void service.stop().then(() => process.exit(0));
    },
    (signal) => {
      journal.warn(`${signal}: killing all processes`);
      service.kill();
      process.exit(1);
    },
  );
  announce(config, service, version);
  await startTasks(config, supervisor, journal);
  if (config.bootstrapCmd === null) return;
  const { bootstrapCmd } = config;
  setTimeout(() => supervisor.bootstrap(bootstrapCmd), BOOTSTRAP_DELAY_MS);
}

/** Builds the adapters, wires them to the core and listens. Throws StartError. */
export async function createService(config: Config, options: ServiceOptions): Promise<Service> {
  const fifoDir = join(config.dataDir, "run");
  for (const directory of [config.dataDir, fifoDir, config.logDir]) makeDirectory(directory);
  const clock = systemClock;
  const journal = new Journal({
    directory: config.logDir,
    level: config.logLevel,
    colours: options.colours,
    terminal: options.terminal,
    wall: Date.now,
  });
  const bus = new Bus(Date.now, (error) => journal.error(`A subscriber failed: ${inWords(error)}`));
  bus.subscribe((fact) => {
    for (const { level, text } of linesOf(fact)) journal.write(level, text);
  });
  const output = makeCapture(fifoDir, config.logDir, (alias, bytes, reason) => {
    journal.error(`${bytes} bytes of the output of ${alias} were lost: ${reason}`);
  });
  const children = new Children();
  const users = new SystemUsers(children);
  const local = new LocalEngine({
    clock,
    output,
    users,
    children,
    strangers: findStrangers(children),
    environment: inheritedEnvironment(options.variables),
    service: Bun.randomUUIDv7(),
    self: Bun.isStandaloneExecutable
      ? [process.execPath]
      : [process.execPath, join(import.meta.dir, "main.ts")],
  });
  const supervisor = new Supervisor({
    clock,
    engine: chooseEngine(local, new CoroutineEngine({ output, host: COROUTINE_HOST })),
    users,
    publish: (fact) => bus.publish(fact),
    newRunId: () => Bun.randomUUIDv7(),
    random: Math.random,
  });
  const app = await createApp({
    supervisor,
    output: new FileReader(config.logDir, output),
    clock,
    subscribe: (subscriber) => bus.subscribe(subscriber),
    log: (level, text) => journal.write(level, text),
    config,
    version: options.version,
    pageDir: findPage(),
  });
  return {
    supervisor,
    journal,
    port: listen(app, config),
    stop: async () => {
      await supervisor.shutdown();
      await app.server?.stop(true);
      await output.close();
      local.close();
      journal.info("Meproc stopped");
      journal.close();
    },
    kill: () => {
      supervisor.killAll();
      local.close();
    },
  };
}

/** The lines by which a person finds the service. */
function announce(config: Config, { journal, port }: Service, version: string): void {
  journal.info(`Meproc v${version}. Listen on: ${config.ip}:${port}`);
  const page = pageUrl({ ...config, port });
  journal.info(`Page: ${page} API documents: ${page}swagger`);
  if (isLoopback(config.ip)) return;
  journal.warn(`Anyone who reaches ${httpUrl(config.ip, port)} may run commands as the user of this service`);
}

function makeDirectory(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new StartError(`${directory}: the folder cannot be made: ${inWords(error)}`, { cause: error });
  }
}

function makeCapture(fifoDir: string, logDir: string, reportLoss: ReportLoss): Capture {
  if (process.platform === "win32") return new PipeCapture({ logDir, reportLoss });
  if (process.platform === "linux")
    return new SpliceCapture({ fifoDir, logDir, thread: SPLICE_THREAD, reportLoss });
  return new CopyCapture({ fifoDir, logDir, reportLoss });
}

/** Embedded in the executable, or in dist/ after `bun build.ts page`. */
function findPage(): string | null {
  const embedded = join(import.meta.dir, "page");
  const built = join(import.meta.dir, "..", "dist", "page");
  return [embedded, built].find((directory) => existsSync(join(directory, "index.html"))) ?? null;
}

function listen(app: Awaited<ReturnType<typeof createApp>>, { ip, port }: Config): number {
  try {
    // Elysia would share the port with another service of the same user.
    app.listen({ hostname: ip, port, reusePort: false });
  } catch (error) {
    const reason =
      codeOf(error) === "EADDRINUSE" ? "the address is in use; choose another with --port" : inWords(error);
    throw new StartError(`cannot listen on ${ip}:${port}: ${reason}`, { cause: error });
  }
  return app.server?.port ?? port;
}

function isLoopback(ip: string): boolean {
  return ip === "::1" || ip === "localhost" || ip.startsWith("127.");
}

async function startTasks(config: Config, supervisor: Supervisor, journal: Journal): Promise<void> {
  for (const definition of config.tasks) {
    try {
      await supervisor.define(definition, "boot");
    } catch (error) {
      if (!(error instanceof MeprocError)) throw error;
      journal.error(`A task of ${config.file} was not started: ${error.message}`);
    }
  }
}

/** The first signal stops, the second kills. A hang-up counts, unless nohup has asked us to ignore it. */
function onStopSignal(first: (signal: string) => void, second: (signal: string) => void): void {
  let count = 0;
  const signals: NodeJS.Signals[] = ["SIGTERM", "SIGINT"];
  if (!ignoresHangUp()) signals.push("SIGHUP");
  for (const signal of signals)
    process.on(signal, () => {
      count++;
      if (count === 1) first(signal);
      else second(signal);
    });
}

function ignoresHangUp(): boolean {
  if (process.platform !== "linux") return process.platform === "win32";
  const ignored = /^SigIgn:\s*([0-9a-f]+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "0";
  return (BigInt(`0x${ignored}`) & 1n) === 1n;
}
