/** `meproc handover` and `meproc upgrade`: what they say to the service that runs, and how they see that it was done. */
import { resolve } from "node:path";
import { type Holder, lockHolder, lockPath } from "../platform/lock.ts";
import { orderUpgrade, takeUpgradeOrder } from "../platform/upgrade-order.ts";

/** Why it was not done, in one line; the service goes on as before. */
export class HandoverError extends Error {
  override readonly name = "HandoverError";
}

/** What only a meproc says. */
const VERSION = /^\d+\.\d+\.\d+\S*$/;
const FINE = /^The configuration is fine\.$/m;
const LOOK_MS = 10;
const PATIENCE_MS = 15_000;

/** Settles when the service has left. Throws HandoverError. */
export async function handOver(dataDir: string): Promise<string> {
  const holder = runningService(dataDir);
  // an upgrade that never happened shall not happen now
  takeUpgradeOrder(dataDir);
  process.kill(holder.pid, "SIGUSR2");
  await waitFor(dataDir, (now) => now?.start !== holder.start);
  return `The service has left its processes running; start the next one on ${dataDir}`;
}

/** Settles when the new executable has taken over. Throws HandoverError. */
export async function upgrade(dataDir: string, path: string): Promise<string> {
  const holder = runningService(dataDir);
  const executable = resolve(path);
  const version = check(executable, ["--version"], holder, VERSION);
  const flags = holder.args[0] === "serve" ? holder.args.slice(1) : holder.args;
  check(executable, ["check-config", ...flags, "--data-dir", dataDir], holder, FINE);
  orderUpgrade(dataDir, executable);
  process.kill(holder.pid, "SIGUSR2");
  const next = await waitFor(dataDir, (now) => now !== null && now.start !== holder.start && now.ready);
  if (next?.executable !== executable)
    throw new HandoverError(`${executable} could not be started; the service runs on as ${next?.executable}`);
  return `meproc ${version} has taken over, pid ${next.pid}`;
}

function runningService(dataDir: string): Holder {
  if (process.platform === "win32") throw new HandoverError("there is no hand-over on Windows");
  const holder = lockHolder(lockPath(dataDir));
  if (holder !== null) return holder;
  throw new HandoverError(`${dataDir}: no meproc is running on this data directory`);
}

/** Runs the new executable where and as the service runs; returns what it says. */
function check(executable: string, args: readonly string[], holder: Holder, expected: RegExp): string {
  try {
    const { exitCode, stdout, stderr } = Bun.spawnSync([executable, ...args], {
      cwd: holder.cwd,
      env: holder.variables,
    });
    const said = stdout.toString().trim();
    if (exitCode === 0 && expected.test(said)) return said;
    if (exitCode === 0) throw new HandoverError(`${executable} is no meproc`);
    throw new HandoverError(
      `${executable} does not fit: ${stderr.toString().trim() || `exit code ${exitCode}`}`,
    );
  } catch (error) {
    if (error instanceof HandoverError) throw error;
    throw new HandoverError(`${executable} cannot be run`, { cause: error });
  }
}

async function waitFor(dataDir: string, done: (holder: Holder | null) => boolean): Promise<Holder | null> {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    const holder = lockHolder(lockPath(dataDir));
    if (done(holder)) return holder;
    if (performance.now() > end) throw new HandoverError("the service did not answer; its log may say why");
    await Bun.sleep(LOOK_MS);
  }
}
