/** Runs the service until a signal, an upgrade or the end of its main task ends it. */
import { readFileSync } from "node:fs";
import type { Variables } from "./config/load.ts";
import type { Config } from "./domain/config.ts";
import { MeprocError } from "./domain/errors.ts";
import { exitWith } from "./exit-with.ts";
import { httpUrl, pageUrl } from "./http/address.ts";
import { takeUpgradeOrder } from "./platform/upgrade-order.ts";
import { inWords } from "./platform/system-errors.ts";
import { type Service, createService } from "./service.ts";
import { type ServiceManager, serviceManager } from "./systemd.ts";
import { becomeNext, gapOf } from "./upgrade.ts";

const BOOTSTRAP_DELAY_MS = 1000;

export async function serve(
  config: Config,
  version: string,
  variables: Variables,
  args: readonly string[],
): Promise<void> {
  const service = await createService(config, {
    version,
    variables,
    args,
    terminal: (line) => void process.stdout.write(`${line}\n`),
    stdout: {
      write: (bytes) => process.stdout.write(bytes),
      drained: () => new Promise((resolve) => void process.stdout.once("drain", resolve)),
    },
    colours: process.stdout.isTTY === true && !variables["NO_COLOR"],
  });
  const { journal, supervisor, bus } = service;
  const manager = serviceManager(variables);
  process.on("uncaughtException", (error) => journal.error(`Unexpected: ${inWords(error)}`));
  process.on("unhandledRejection", (error) => journal.error(`Unexpected: ${inWords(error)}`));
  /** Stopping and handing over exclude each other: whichever came first goes its way. */
  let leaving: "stop" | "handover" | null = null;
  const stop = (code: number) => {
    leaving = "stop";
    manager.stopping();
    void service.stop().then(
      () => process.exit(code),
      (error: unknown) => {
        journal.error(`The service could not stop as it should: ${inWords(error)}`);
        process.exit(1);
      },
    );
  };
  onStopSignal(
    (signal) => {
      if (leaving === "handover") return journal.warn(`${signal}: the service is being handed over`);
      journal.info(`${signal}: stopping all tasks. A second signal kills them at once`);
      stop(0);
    },
    (signal) => {
      if (leaving === "handover") return;
      journal.warn(`${signal}: killing all processes`);
      service.kill();
      process.exit(1);
    },
  );
  process.on("SIGUSR2", () => {
    if (leaving !== null) return journal.warn("SIGUSR2: the service is leaving already");
    leaving = "handover";
    // as PID 1 without an order it stays, and may be asked again
    void handOver(config, service, manager, args).finally(() => {
      leaving = null;
    });
  });
  announce(config, service, version);
  manager.ready(`Listening on ${config.ip}:${service.port}`);
  const gap = gapOf(variables);
  if (gap !== null) journal.info(`Took over in place; nobody supervised for ${gap} ms`);
  if (config.exitWith !== null)
    exitWith(config.exitWith, supervisor, bus, (code) => {
      journal.info(`Task ${config.exitWith} has ended: stopping with its code ${code}`);
      stop(code);
    });
  await mergeTasks(config, service);
  if (config.bootstrapCmd === null) return;
  const { bootstrapCmd } = config;
  setTimeout(() => supervisor.bootstrap(bootstrapCmd), BOOTSTRAP_DELAY_MS);
}

/** Leaves the processes running, and becomes the executable that an upgrade has named, if one has. */
async function handOver(
  config: Config,
  service: Service,
  manager: ServiceManager,
  args: readonly string[],
): Promise<void> {
  const next = takeUpgradeOrder(config.dataDir);
  if (next === null && process.pid === 1)
    return service.journal.error("SIGUSR2: as PID 1 there is nobody to hand over to; use meproc upgrade");
  if (next === null) manager.stopping();
  else manager.reloading();
  const leftAt = Date.now();
  await service.handOver();
  if (next !== null) becomeNext(next, args, leftAt);
  process.exit(0);
}

/** The lines by which a person finds the service. */
function announce(config: Config, { journal, port }: Service, version: string): void {
  journal.info(`Meproc v${version}. Listen on: ${config.ip}:${port}`);
  const page = pageUrl({ ...config, port });
  journal.info(`Page: ${page} API documents: ${page}swagger`);
  if (isLoopback(config.ip)) return;
  journal.warn(`Anyone who reaches ${httpUrl(config.ip, port)} may run commands as the user of this service`);
}

function isLoopback(ip: string): boolean {
  return ip === "::1" || ip === "localhost" || ip.startsWith("127.");
}

async function mergeTasks({ tasks, file }: Config, { supervisor, journal }: Service): Promise<void> {
  try {
    for (const { name, error } of await supervisor.merge(tasks))
      journal.error(`Task ${name} of ${file} was not started: ${error.message}`);
  } catch (error) {
    if (!(error instanceof MeprocError)) throw error;
    journal.error(`The tasks of ${file} could not all be taken: ${error.message}`);
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
