/** Starts the executable as a service of its own: free port, own data directory, empty working directory. */
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { executable } from "./executable.ts";
import { whenDone } from "./cleanup.ts";
import { removeFifos } from "./fifos.ts";
import { MARK, isAlive, killMarked, marked } from "./processes.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { until } from "./until.ts";

export interface ServiceOptions {
  /** The folder of the test; a new one if not given. */
  readonly folder?: string;
  /** The text of a configuration file. */
  readonly config?: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** What is put before the executable, such as a command that changes the user. */
  readonly prefix?: readonly string[];
  /** The owner of data and working directory, if it is not us. */
  readonly owner?: { readonly uid: number; readonly gid: number };
  readonly port?: number;
}

export interface Service {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly folder: string;
  readonly cwd: string;
  readonly dataDir: string;
  readonly logDir: string;
  readonly exited: Promise<number>;
  /** The service's log, as it is in the file. */
  log(): string;
  /** What it has written to its standard output and error. */
  terminal(): string;
  /** Its live descendants, whatever session they are in. */
  descendants(): number[];
  signal(signal: NodeJS.Signals): void;
  /** Asks it to stop; settles with the exit code. */
  stop(): Promise<number>;
  /** Two signals: everything is killed. */
  kill(): Promise<number>;
}

const LISTEN = /Listen on: \S+:(\d+)\n/;

/** For the test that is running: ended with it. */
export async function startService(options: ServiceOptions = {}): Promise<Service> {
  const folder = options.folder ?? temporaryFolder();
  const service = await launchService(folder, options);
  whenDone(() => endService(service));
  return service;
}

/** For a suite: to be ended with `endService` by whoever starts it. */
export async function launchService(folder: string, options: ServiceOptions = {}): Promise<Service> {
  const [cwd, dataDir] = [join(folder, "cwd"), join(folder, "data")];
  for (const directory of [cwd, dataDir]) makeOwned(directory, options.owner);
  const child = Bun.spawn(commandOf(folder, dataDir, options), {
    cwd,
    env: {
      PATH: process.env["PATH"] ?? "/usr/bin:/bin",
      HOME: folder,
      TZ: "UTC",
      [MARK]: folder,
      ...options.env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  const listen = async (stream: ReadableStream<Uint8Array>) => {
    const decoder = new TextDecoder();
    for await (const chunk of stream) said += decoder.decode(chunk, { stream: true });
  };
  void listen(child.stdout);
  void listen(child.stderr);
  const port = await until(() => {
    if (child.exitCode !== null) throw new Error(`The service ended with ${child.exitCode}: ${said}`);
    return LISTEN.exec(said)?.[1];
  }, "the service says where it listens");
  const logDir = join(dataDir, "log");
  await until(() => LISTEN.test(readLog(logDir)), "its log says so too");
  return {
    url: `http://127.0.0.1:${port}`,
    port: Number(port),
    pid: child.pid,
    folder,
    cwd,
    dataDir,
    logDir,
    exited: child.exited,
    log: () => readLog(logDir),
    terminal: () => said,
    descendants: () => marked(folder, child.pid),
    signal: (signal) => child.kill(signal),
    stop: () => {
      child.kill("SIGTERM");
      return child.exited;
    },
    kill: () => {
      // Two different ones: equal signals that wait to be delivered become one.
      child.kill("SIGTERM");
      child.kill("SIGINT");
      return child.exited;
    },
  };
}

/** Ends the service and everything that it has started, whatever state it is in. */
export async function endService(service: Service): Promise<void> {
  if (isAlive(service.pid)) void service.kill();
  try {
    await until(() => !isAlive(service.pid), "the service has ended", 3000);
  } finally {
    killMarked(service.folder);
    removeFifos(service.dataDir);
  }
}

function makeOwned(directory: string, owner: ServiceOptions["owner"]): void {
  if (existsSync(directory)) return;
  mkdirSync(directory);
  chmodSync(directory, 0o755);
  if (owner !== undefined) chownSync(directory, owner.uid, owner.gid);
}

function commandOf(folder: string, dataDir: string, options: ServiceOptions): string[] {
  const { prefix = [], args = [], config, port = 0 } = options;
  const flags = ["--port", String(port), "--data-dir", dataDir];
  if (config !== undefined) {
    writeFileSync(join(folder, "meproc.toml"), config);
    flags.push("--config", join(folder, "meproc.toml"));
  }
  return [...prefix, ...executable(), ...flags, ...args];
}

function readLog(logDir: string): string {
  const files = readdirSync(logDir).filter((name) => name.startsWith("Meproc-"));
  return files
    .sort()
    .map((name) => readFileSync(join(logDir, name), "utf8"))
    .join("");
}
