/** The composition root: builds the adapters, wires them to the core, and listens. Nothing else wires. */
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { startExtensions } from "./extensions.ts";
import { wireOutput } from "./captured-output.ts";
import { endLeftCompanions, wireCompanions } from "./companions.ts";
import type { Variables } from "./config/load.ts";
import type { Caller } from "./domain/access.ts";
import type { Config } from "./domain/config.ts";
import type { Peer } from "./domain/peer.ts";
import { aliasOf } from "./domain/task.ts";
import { Bus } from "./events/bus.ts";
import { Journal } from "./events/journal.ts";
import { linesOf } from "./events/log-lines.ts";
import { MAX_TRANSFER_BYTES, createApp } from "./http/app.ts";
import { makeEntrance } from "./http/entrance.ts";
import { makeTurnstile } from "./http/turnstile.ts";
import { ListenError, type ListenOptions, Listeners } from "./listen/listeners.ts";
import { AccountBook } from "./auth/account-book.ts";
import { Doorkeeper } from "./auth/doorkeeper.ts";
import { FirstToken } from "./auth/first-token.ts";
import { Passwords } from "./auth/passwords.ts";
import { isAuthRequired, warningsOf } from "./auth/policy.ts";
import { stateOf } from "./http/task-view.ts";
import { findFifoPlaces, leaveFifoPlaces } from "./output/fifo-places.ts";
import { OutputLineWatcher } from "./output/line-watch.ts";
import type { Outlet } from "./output/stdout-sink.ts";
import { isCompanion } from "./plugins/companion.ts";
import { systemClock } from "./platform/clock.ts";
import { type Lock, lockHolder, lockPath, takeLock } from "./platform/lock.ts";
import { checkFiles, checkFolder, holdsOne, isEmpty } from "./platform/private-files.ts";
import type { CountedTask } from "./metrics/surroundings.ts";
import { takeUpgradeOrder } from "./platform/upgrade-order.ts";
import { codeOf, inWords } from "./platform/system-errors.ts";
import { findCgroups, unavailableLimits } from "./spawn/cgroup.ts";
import { Children } from "./spawn/children.ts";
import { LocalCommands } from "./spawn/commands.ts";
import { CoroutineEngine } from "./spawn/coroutine-engine.ts";
import { chooseEngine } from "./spawn/engines.ts";
import { inheritedEnvironment } from "./spawn/environment.ts";
import { ExitWatch } from "./spawn/exit-watch.ts";
import { LocalEngine } from "./spawn/local-engine.ts";
import { findStrangers } from "./spawn/strangers.ts";
import { SystemUsers } from "./spawn/users.ts";
import { Checkpoints } from "./store/checkpoints.ts";
import { StoreError, openDatabase } from "./store/database.ts";
import { keepPruned } from "./store/pruning.ts";
import { SqliteStore, type StoreOptions } from "./store/sqlite-store.ts";
import { parseTask } from "./supervisor/admission.ts";
import { changesStart } from "./supervisor/change.ts";
import { BOOTSTRAP } from "./supervisor/bootstrap.ts";
import { Supervisor } from "./supervisor/supervisor.ts";
import { FileWatcher } from "./watch/file-watcher.ts";
import { LocalProber } from "./watch/prober.ts";

/** Why the service cannot start, in one line. */
export class StartError extends Error {
  override readonly name = "StartError";
}

const LISTEN_REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: "the address is in use; choose another with --port",
  EADDRNOTAVAIL: "this machine has no such address; choose another with --ip",
  EINVAL: "this is no address to listen on; choose another with --ip",
  ENOTFOUND: "there is no such address; choose another with --ip",
  EACCES: "permission denied; ports below 1024 are for root",
};
const LOCK_LOOKS = 50;
const HOUR_MS = 3_600_000;
/** The database, below the data directory. */
export const DATABASE = "meproc.db";
/** What in the data directory is for nobody else. */
const PRIVATE_FILES = [
  DATABASE,
  `${DATABASE}-wal`,
  `${DATABASE}-shm`,
  "meproc.lock",
  "token",
  "upgrade.json",
];
/** The worker modules are entry points of their own in the executable. */
const EXIT_THREAD = new URL("./spawn/exit-thread.ts", import.meta.url).href;
const CHECKPOINT_THREAD = new URL("./store/checkpoint-thread.ts", import.meta.url).href;
const COROUTINE_HOST = new URL("./spawn/coroutine-host.ts", import.meta.url);

export interface Service {
  readonly supervisor: Supervisor;
  readonly journal: Journal;
  readonly bus: Bus;
  /** The port in use, also when the configuration asked for a free one. */
  readonly port: number;
  /** The token in the data directory, where callers have to say who they are; `secret` if it has just been made. */
  readonly token: { readonly path: string; readonly secret: string | null } | null;
  readonly warnings: readonly string[];
  /** Stops every task, dependents first, then the service; settles when nothing is left. */
  stop(): Promise<void>;
  /** Kills every process at once. */
  kill(): void;
  /** Leaves without stopping anything; settles when the next service may start. */
  handOver(): Promise<void>;
}

export interface ServiceOptions {
  readonly version: string;
  readonly variables: Variables;
  /** The arguments of the command line, for whoever starts the service anew. */
  readonly args: readonly string[];
  readonly terminal: (line: string) => void;
  readonly colours: boolean;
  /** Where the lines of tasks go that ask for it. */
  readonly stdout: Outlet;
}

/** Throws StartError. Tasks and processes that an earlier service left are taken up before it returns. */
export async function createService(config: Config, options: ServiceOptions): Promise<Service> {
  const isNew = isEmpty(config.dataDir);
  for (const directory of [config.dataDir, join(config.dataDir, "run"), config.logDir])
    makeDirectory(directory);
  const repaired = checkPrivate(config.dataDir, isNew);
  const lock = lockData(config.dataDir, options);
  const clock = systemClock;
  const journal = new Journal({
    directory: config.logDir,
    level: config.logLevel,
    colours: options.colours,
    terminal: options.terminal,
    wall: Date.now,
  });
  let trouble: string | null = null;
  const checkpoints = new Checkpoints({
    path: join(config.dataDir, DATABASE),
    thread: CHECKPOINT_THREAD,
    onTrouble: (reason) => journal.warn(`The database's log cannot be moved into it: ${reason}`),
  });
  const store = openStore(config.dataDir, {
    checkpoints,
    onTrouble: (reason) => {
      trouble = reason;
      bus.publish({ kind: "store.failing", reason });
    },
    onRecovery: ({ facts, runs }) => {
      trouble = null;
      bus.publish({ kind: "store.recovered", lost_events: facts, lost_runs: runs });
    },
    // no fact: that of a fact that is refused might be refused as well
    onRefusal: (what, reason) =>
      journal.error(`The database does not take ${what}, it is left out: ${reason}`),
  });
  const reportError = (error: unknown) => journal.error(`A subscriber failed: ${inWords(error)}`);
  const bus = new Bus(Date.now, reportError, store.lastFactId());
  for (const words of repaired) journal.warn(words);
  const service = store.meta("service", () => Bun.randomUUIDv7());
  bus.subscribe((fact) => store.addFact(fact));
  bus.subscribe((fact) => {
    for (const { level, text } of linesOf(fact)) journal.write(level, text);
  });
  const fifoDirs = findPlaces(service, config);
  const self = Bun.isStandaloneExecutable
    ? [process.execPath]
    : [process.execPath, join(import.meta.dir, "main.ts")];
  const output = wireOutput({
    config,
    fifoDirs,
    clock,
    publish: (fact) => bus.publish(fact),
    self,
    stdout: options.stdout,
    colours: options.colours,
    pidOf: (run) => store.run(run)?.process?.pid ?? null,
    log: (level, text) => journal.write(level, text),
  });
  bus.subscribe((fact) => {
    if (fact.kind === "task.created" || fact.kind === "task.changed")
      output.know(supervisor.get(fact.task).task);
    else if (fact.kind === "task.removed") output.forget(fact.task);
  });
  /** Why the service is not ready, in one word. */
  let notReady: string | null = "restoring";
  const extensions = await startExtensions({
    config,
    keepsakes: store,
    clock,
    version: options.version,
    subscribe: (subscriber) => bus.subscribe(subscriber),
    publish: (fact) => bus.publish(fact),
    log: (level, text) => journal.write(level, text),
    tasks: () => supervisor.list().map(countedTask),
    usage: (task) => supervisor.usage(task).flatMap(({ usage }) => usage ?? []),
    outputEnd: async (alias) => (await output.reader.page(alias, null, 1)).to,
    notReady: () => notReady,
    storeTrouble: () => trouble,
  });
  const environment = inheritedEnvironment(options.variables);
  const children = new Children();
  const strangers = findStrangers(children);
  const users = new SystemUsers(children);
  const commit = () => store.flush();
  const cgroups = findCgroups(service);
  const capture = output.capture;
  const spawning = {
    clock,
    output: capture,
    users,
    children,
    strangers,
    cgroups,
    environment,
    service,
    self,
  };
  const commands = new LocalCommands(spawning);
  const exits = new ExitWatch({ clock, thread: EXIT_THREAD });
  const local = new LocalEngine({ ...spawning, commands, exits, fifoDirs, commit });
  const watcher = new FileWatcher();
  const supervisor = new Supervisor({
    clock,
    engine: chooseEngine(
      local,
      new CoroutineEngine({
        output: output.capture,
        strangers,
        environment,
        service,
        commit,
        host: COROUTINE_HOST,
      }),
    ),
    history: store,
    users,
    prober: new LocalProber(commands),
    limits: { unavailable: (limits) => unavailableLimits(cgroups, limits) },
    commands,
    lines: new OutputLineWatcher(output.reader, (alias, error) =>
      journal.error(`The output of ${alias} cannot be looked at for its health: ${inWords(error)}`),
    ),
    watcher,
    mainTask: config.exitWith,
    publish: (fact) => bus.publish(fact),
    newRunId: () => Bun.randomUUIDv7(),
    random: Math.random,
  });
  const turnstile = makeTurnstile(config.limits);
  const first = new FirstToken(config.dataDir);
  const required = isAuthRequired(config);
  const token = required ? { path: first.path, secret: makeToken(first) } : null;
  const warnings = warningsOf(config);
  const passwords = new Passwords();
  /** What plugins ask does not come from outside. */
  const byPlugins = new WeakSet<Request>();
  const companions = await wireCompanions({
    config,
    clock,
    self,
    watcher,
    engine: local,
    archive: store,
    keepsakes: store,
    lastFactId: () => store.lastFactId(),
    taskOf: (name) => supervisor.find(name)?.task ?? null,
    subscribe: (subscriber) => bus.subscribe(subscriber),
    log: (level, text) => journal.write(level, text),
    handle: (request) => {
      byPlugins.add(request);
      return app.handle(request);
    },
  });
  const app = await createApp({
    turnstile,
    peer: (request) => (byPlugins.has(request) ? PLUGIN : callerOf(listeners.peerOf(request))),
    supervisor,
    access: new Doorkeeper({
      required,
      store: store.accounts,
      first,
      passwords,
      clock,
      sessionMs: config.sessionHours * HOUR_MS,
      onTrouble: (error) => journal.warn(`A session could not be renewed: ${inWords(error)}`),
    }),
    accounts: new AccountBook({ store: store.accounts, passwords, wall: Date.now }),
    audit: store,
    warnings,
    companions,
    output: output.reader,
    captured: output.reader,
    keeper: output.capture,
    archive: store,
    facts: store,
    notifications: extensions.notifications,
    metrics: extensions.metrics,
    traces: extensions.traces,
    notReady: () => notReady,
    storeTrouble: () => trouble,
    outputTrouble: () => output.losses.trouble(),
    clock,
    subscribe: (subscriber) => bus.subscribe(subscriber),
    log: (level, text) => journal.write(level, text),
    config,
    version: options.version,
    pageDir: findPage(),
  });
  const enter = makeEntrance(turnstile, (request) => app.fetch(request));
  const listeners = await listen({
    answer: enter,
    idleTimeoutS: config.limits.sendTimeoutS,
    maxBodyBytes: MAX_TRANSFER_BYTES,
    socketGid: await groupOf(config, users),
    privateFolder: join(config.dataDir, "run"),
    log: (level, text) => journal.write(level, text),
    config,
    nowBy: (server) => {
      app.server = server;
    },
  });
  const { port } = listeners;
  const leftRuns = local.left();
  const left = new Map(leftRuns.map(({ run, place }) => [run, place && aliasOfLeft(place)]));
  for (const { task } of store.tasks()) output.know(task);
  if (config.bootstrapCmd !== null) output.passOn(BOOTSTRAP);
  output.capture.resume((run) => store.run(run)?.alias ?? left.get(run) ?? null);
  const inFile = new Map(config.tasks.map(parseTask).map((task) => [task.name, task]));
  supervisor.restore((task) => changesStart(task, inFile.get(task.name) ?? task));
  endLeftCompanions(local, leftRuns);
  strangers.begin();
  companions.start();
  takeUpgradeOrder(config.dataDir);
  lock.ready();
  notReady = null;
  const stopPruning = keepPruned(store, config.history, clock);
  const close = async (): Promise<void> => {
    listeners.close();
    await extensions.close();
    await output.close();
    leaveFifoPlaces(fifoDirs);
    stopPruning();
    await checkpoints.close();
    store.close();
    lock.release();
  };
  return {
    supervisor,
    journal,
    bus,
    port,
    token,
    warnings,
    stop: async () => {
      notReady = "stopping";
      await supervisor.shutdown();
      await companions.close();
      local.close();
      await close();
      journal.info("Meproc stopped");
      journal.close();
    },
    kill: () => {
      supervisor.killAll();
      local.close();
    },
    handOver: async () => {
      notReady = "handing over";
      // while somebody still supervises
      await extensions.close();
      await companions.close();
      supervisor.freeze();
      local.release();
      await close();
      journal.info("Meproc has left its processes to the next service");
      journal.close();
    },
  };
}

function aliasOfLeft({ task, index }: { readonly task: string; readonly index: number }): string {
  return isCompanion(task) ? task : aliasOf(task, index);
}

function countedTask(group: ReturnType<Supervisor["get"]>): CountedTask {
  const instances = group.instances.map(({ alias, state, health }) => ({ alias, state: state.kind, health }));
  return { name: group.task.name, type: group.task.type, state: stateOf(group), instances };
}

function makeDirectory(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new StartError(`${directory}: the folder cannot be made: ${inWords(error)}`, { cause: error });
  }
}

function makeToken(first: FirstToken): string | null {
  try {
    return first.make();
  } catch (error) {
    throw new StartError(`${first.path}: the token cannot be made: ${inWords(error)}`, { cause: error });
  }
}

/** What of the environment configures the service: whoever checks its successor needs it too. */
function ownVariables(variables: Variables): Record<string, string> {
  const entries = Object.entries(variables).filter((entry): entry is [string, string] => {
    return /^(MEPROC_|PATH$|HOME$|XDG_STATE_HOME$|STATE_DIRECTORY$)/.test(entry[0]) && entry[1] !== undefined;
  });
  return Object.fromEntries(entries);
}

function lockData(dataDir: string, { args, variables }: ServiceOptions): Lock {
  const path = lockPath(dataDir);
  const holder = {
    pid: process.pid,
    start: Bun.randomUUIDv7(),
    executable: process.execPath,
    ready: false,
    cwd: process.cwd(),
    variables: ownVariables(variables),
    args,
  };
  let lock: Lock | null;
  try {
    lock = takeLock(path, holder);
  } catch (error) {
    throw new StartError(`${path}: the lock cannot be taken: ${inWords(error)}`, { cause: error });
  }
  if (lock !== null) return lock;
  // who has just taken it may be about to write down who it is
  let pid: number | undefined;
  for (let look = 0; pid === undefined && look < LOCK_LOOKS; look++) {
    pid = lockHolder(path)?.pid;
    if (pid === undefined) Bun.sleepSync(2);
  }
  throw new StartError(
    `${dataDir}: a meproc is running on this data directory${pid === undefined ? "" : `, pid ${pid}`}; stop it, or choose another --data-dir`,
  );
}

function openStore(dataDir: string, options: Omit<StoreOptions, "database">): SqliteStore {
  try {
    return new SqliteStore({ database: openDatabase(join(dataDir, DATABASE)), ...options });
  } catch (error) {
    if (error instanceof StoreError) throw new StartError(error.message, { cause: error });
    throw error;
  }
}

function findPlaces(service: string, { dataDir, fifoDir }: Config): string[] {
  try {
    return findFifoPlaces({ service, dataDir, fifoDir });
  } catch (error) {
    throw new StartError(`fifo_dir: ${fifoDir}: no folder for FIFOs can be had in it: ${inWords(error)}`, {
      cause: error,
    });
  }
}

/** Embedded in the executable, or in dist/ after `bun build.ts page`. */
function findPage(): string | null {
  const embedded = join(import.meta.dir, "page");
  const built = join(import.meta.dir, "..", "dist", "page");
  return [embedded, built].find((directory) => existsSync(join(directory, "index.html"))) ?? null;
}

async function listen(options: ListenOptions): Promise<Listeners> {
  try {
    return await Listeners.open(options);
  } catch (error) {
    if (!(error instanceof ListenError)) throw error;
    const reason = LISTEN_REASONS[codeOf(error.cause) ?? ""] ?? inWords(error.cause);
    throw new StartError(`cannot listen on ${error.place}: ${reason}`, { cause: error });
  }
}

async function groupOf({ socket }: Config, users: SystemUsers): Promise<number | null> {
  if (socket === null || socket.group === null) return null;
  const found = await users.find(null, socket.group);
  if (found instanceof Error) throw new StartError(`socket_group: ${socket.group}: ${found.message}`);
  return found.gid;
}

/** Who asks over the Unix socket, as the audit knows him: by the number of his user. */
const PLUGIN: Caller = {
  actor: "plugin",
  role: "operator",
  tasks: null,
  via: "plugin",
  session: null,
  expiresAt: null,
};

function callerOf(peer: Peer | null): Caller | null {
  if (peer === null) return null;
  const { uid, role } = peer;
  return { actor: `uid:${uid}`, role, tasks: null, via: "socket", session: null, expiresAt: null };
}

/** Throws StartError. Returns what was repaired, in words. */
function checkPrivate(dataDir: string, isNew: boolean): string[] {
  try {
    const narrowed = checkFolder(dataDir, isNew || holdsOne(dataDir, PRIVATE_FILES));
    // nothing has been in it that somebody could have seen
    const repaired = isNew ? [] : narrowed;
    return [...repaired, ...checkFolder(join(dataDir, "run"), true), ...checkFiles(dataDir, PRIVATE_FILES)];
  } catch (error) {
    throw new StartError(`${dataDir}: ${inWords(error)}`, { cause: error });
  }
}
