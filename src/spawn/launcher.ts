/**
 * A run that has to become something before it becomes its command: another user with all its groups, which Bun.spawn
 * cannot, or a process with its own limits, niceness and umask. Our own executable is started as a small launcher for it.
 * What it shall be is in its environment, which only its own user can see; the command's own variables are marked there,
 * for they may come from a file of somebody else's and must not move the launcher, which has the service's rights.
 */
import { type Pointer, ptr, read } from "bun:ffi";
import { writeSync } from "node:fs";
import { constants } from "node:os";
import type { Identity } from "../domain/ports.ts";
import { cString, openLibc } from "../platform/libc.ts";
import { inWords } from "../platform/system-errors.ts";
import { readEnvFile } from "./env-file.ts";
import type { Environment, Layers } from "./environment.ts";
import { findProgram, folderProblem, refusal } from "./program.ts";
import { OwnLimits, RLIMITS, type Rlimits } from "./rlimits.ts";

/** The first argument by which the executable knows that it is the launcher. */
export const LAUNCH = "__launch";
/** What it cannot do it says here; it is closed as soon as the command is there. */
const REPORT_FD = 3;
const ORDER = "MEPROC_LAUNCH";
const MARK = "_MEPROC_ENV_";
/** Of a variable that wins over the file of variables. */
const OVER_MARK = "_MEPROC_OVER_";
/** What the executable itself may need to find its libraries. */
const LIBRARIES = /^(LD_LIBRARY_PATH|DYLD_LIBRARY_PATH)$/;
const PR_SET_NO_NEW_PRIVS = 38;
const REFUSED = 126;
const F_SETFD = 2;
const FD_CLOEXEC = 1;
const SIG_SETMASK = process.platform === "darwin" ? 3 : 2;
const SIGNAL_SET_BYTES = 128;
const HIGHEST_SIGNAL = process.platform === "darwin" ? 31 : 64;

export interface Order {
  readonly identity: Identity | null;
  readonly cwd: string | null;
  readonly umask: string | null;
  readonly nice: number | null;
  readonly limits: Rlimits;
  readonly noNewPrivs: boolean;
  /** A file of variables that only the user of the command shall be asked to read; `null` if there is none. */
  readonly envFile: string | null;
}

/** The environment of the launcher itself: of the service's own only what it needs. */
export function launcherEnvironment(
  order: Order,
  { under, over }: Layers,
  marks: Environment,
  own: Environment,
): Environment {
  const kept = Object.entries(own).filter(([name]) => LIBRARIES.test(name));
  return {
    ...Object.fromEntries(kept),
    ...marked(MARK, under),
    ...marked(OVER_MARK, over),
    ...marks,
    [ORDER]: JSON.stringify(order),
  };
}

function marked(mark: string, environment: Environment): Environment {
  return Object.fromEntries(Object.entries(environment).map(([name, value]) => [mark + name, value]));
}

/** Never returns: the process becomes the command, or says why it cannot and ends. */
export function launch(command: readonly string[]): never {
  try {
    become(command);
  } catch (error) {
    writeSync(REPORT_FD, error instanceof Error ? error.message : String(error));
  }
  process.exit(REFUSED);
}

function become([program = "", ...rest]: readonly string[]): void {
  const order = JSON.parse(process.env[ORDER] ?? "") as Order;
  const libc = bind();
  closeOnExec(libc);
  const limits = new OwnLimits();
  limits.allow(order.limits);
  if (order.nice !== null && libc.setpriority(0, 0, order.nice) !== 0)
    throw new Error(`nice ${order.nice}: only root may raise the priority of a process`);
  if (order.identity !== null) becomeUser(order.identity);
  const environment = environmentOfCommand(order.envFile);
  if (order.umask !== null) process.umask(Number.parseInt(order.umask, 8));
  const place = { cwd: order.cwd, path: environment["PATH"] };
  enter(order.cwd);
  const path = findProgram(program, place);
  const argv = pointers([program, ...rest]);
  const envp = pointers(Object.entries(environment).map(([name, value]) => `${name}=${value}`));
  const file = cString(path);
  resetSignals(libc);
  if (order.noNewPrivs) giveUpPrivileges();
  // last, as we could hardly live with some of them ourselves
  limits.apply(order.limits);
  libc.execve(ptr(file), ptr(argv.list), ptr(envp.list));
  const code = errorCode(read.i32(libc.errno() as Pointer, 0));
  throw new Error(refusal({ code }, path, place));
}

/** Bun has it, its types do not yet. */
const withGroups: typeof process & { initgroups?: (user: string, group: number) => void } = process;

function becomeUser({ uid, gid, account }: Identity): void {
  try {
    if (account !== null) withGroups.initgroups?.(account.name, gid);
    else process.setgroups?.([]);
    process.setgid?.(gid);
    process.setuid?.(uid);
  } catch (error) {
    throw new Error(`${account?.name ?? `group ${gid}`}: ${inWords(error)}`, { cause: error });
  }
}

function enter(cwd: string | null): void {
  if (cwd === null) return;
  const problem = folderProblem(cwd);
  if (problem !== null) throw new Error(`cwd ${cwd}: ${problem}`);
  process.chdir(cwd);
}

/** Read by now as the user of the command, who may see another file, or none, where the service sees one. */
function environmentOfCommand(envFile: string | null): Environment {
  const file = envFile === null ? {} : readEnvFile(envFile);
  return { ...unmarked(MARK), ...file, ...unmarked(OVER_MARK) };
}

function unmarked(mark: string): Environment {
  const entries = Object.entries(process.env).filter(([name]) => name.startsWith(mark));
  return Object.fromEntries(entries.map(([name, value]) => [name.slice(mark.length), value ?? ""]));
}

/** From here on no execve gives more rights, to none of its descendants. */
function giveUpPrivileges(): void {
  const { prctl } = openLibc({ prctl: { args: ["i32", "u64", "u64", "u64", "u64"], returns: "i32" } });
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) !== 0)
    throw new Error("no_new_privs: the system does not grant it");
}

type Libc = ReturnType<typeof bind>;

function bind() {
  const darwin = process.platform === "darwin";
  const onStack = darwin && process.arch === "arm64";
  const shared = openLibc({
    setpriority: { args: ["i32", "u32", "i32"], returns: "i32" },
    sigprocmask: { args: ["i32", "ptr", "ptr"], returns: "i32" },
    signal: { args: ["i32", "ptr"], returns: "ptr" },
    execve: { args: ["ptr", "ptr", "ptr"], returns: "i32" },
  });
  const errno = darwin
    ? openLibc({ __error: { args: [], returns: "ptr" } }).__error
    : openLibc({ __errno_location: { args: [], returns: "ptr" } }).__errno_location;
  // Apple's arm64 hands variadic arguments over on the stack: the ninth is the first there
  const fcntl = onStack
    ? openLibc({
        fcntl: { args: ["i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32", "i64"], returns: "i32" },
      }).fcntl
    : openLibc({ fcntl: { args: ["i32", "i32", "i32"], returns: "i32" } }).fcntl;
  const closeOnExec = () =>
    onStack
      ? (fcntl as (...args: number[]) => number)(REPORT_FD, F_SETFD, 0, 0, 0, 0, 0, 0, FD_CLOEXEC)
      : (fcntl as (...args: number[]) => number)(REPORT_FD, F_SETFD, FD_CLOEXEC);
  return { ...shared, errno, closeOnExec };
}

function closeOnExec(libc: Libc): void {
  if (libc.closeOnExec() !== 0) throw new Error("the launcher was not started by the service");
}

/** What the runtime ignores or blocks the command shall not. */
function resetSignals(libc: Libc): void {
  for (let signal = 1; signal <= HIGHEST_SIGNAL; signal++) libc.signal(signal, null);
  libc.sigprocmask(SIG_SETMASK, ptr(new Uint8Array(SIGNAL_SET_BYTES)), null);
}

/** A list of C strings that ends with NULL; `kept` are what it points to. */
function pointers(texts: readonly string[]): { list: BigUint64Array; kept: Uint8Array[] } {
  const kept = texts.map(cString);
  return { list: new BigUint64Array([...kept.map((text) => BigInt(ptr(text))), 0n]), kept };
}

function errorCode(number: number): string {
  return Object.entries(constants.errno).find(([, value]) => value === number)?.[0] ?? `error ${number}`;
}

/** Whether there is anything that only the launcher can do. */
export function needsLauncher(order: Order): boolean {
  return (
    order.identity !== null ||
    order.umask !== null ||
    order.nice !== null ||
    order.noNewPrivs ||
    RLIMITS.some((name) => order.limits[name] !== undefined)
  );
}
