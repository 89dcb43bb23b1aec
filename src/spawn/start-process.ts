/** The one place where processes of tasks are spawned: each a session of its own, with nothing open but 0, 1 and 2. */
import type { Socket } from "bun";
import type { Channel } from "../domain/ports.ts";
import type { Exit } from "../domain/run.ts";
import type { Children } from "./children.ts";
import type { Cgroup } from "./cgroup.ts";
import type { Prepared } from "./preparation.ts";
import { exitOf } from "./wait-status.ts";

const REPORT = 3;
/** Bun takes a descriptor, its types do not yet. */
const connect = Bun.connect as unknown as (options: Bun.FdSocketOptions) => Promise<Socket>;

export interface StartOptions {
  readonly children: Children;
  readonly prepared: Prepared;
  /** `null`: it reads an end at once. */
  readonly stdin: number | null;
  /** `null`: what it writes is nobody's business. */
  readonly channel: Channel | null;
  readonly cgroup: Cgroup | null;
  /** Called once, never before this has returned. */
  readonly onExit: (exit: Exit, usage: Bun.ResourceUsage | undefined) => void;
}

export interface Started {
  readonly pid: number;
  /** Of a launcher: settles with why it could not become the command, `null` if it has, or has ended. */
  readonly refused: Promise<string | null> | null;
}

/** Throws an Error in words; then there is no process. */
export function startProcess(options: StartOptions): Started {
  const { children, channel, prepared } = options;
  const child = spawn(options);
  children.add(child.pid);
  const { stdout: out, stderr: err } = child;
  const piped = out instanceof ReadableStream && err instanceof ReadableStream;
  channel?.spawned(piped ? { stdout: out, stderr: err } : null);
  const report = prepared.launched ? child.stdio[REPORT] : null;
  return { pid: child.pid, refused: typeof report === "number" ? readReport(report) : null };
}

function spawn({ children, prepared, stdin, channel, cgroup, onExit }: StartOptions) {
  const [stdout, stderr] =
    channel === null ? (["ignore", "ignore"] as const) : [channel.stdout, channel.stderr];
  const spawned = () =>
    Bun.spawn([...prepared.command], {
      argv0: prepared.name,
      env: prepared.env,
      stdio: [stdin ?? "ignore", stdout, stderr, ...(prepared.launched ? (["pipe"] as const) : [])],
      detached: true,
      windowsHide: true,
      ...(prepared.cwd === null ? {} : { cwd: prepared.cwd }),
      ...(cgroup === null ? {} : { cgroup: cgroup.path }),
      onExit: (child, code, signal) => {
        children.delete(child.pid);
        onExit(exitOf(code, child.signalCode ?? signal), child.resourceUsage());
      },
    });
  try {
    return spawned();
  } catch (error) {
    throw new Error(prepared.refusal(error), { cause: error });
  }
}

/** The launcher's end closes when it becomes the command, and when it ends. */
function readReport(fd: number): Promise<string | null> {
  return new Promise((resolve) => {
    let said = "";
    const decoder = new TextDecoder();
    void connect({
      fd,
      socket: {
        data: (_: Socket, bytes: Uint8Array) => {
          said += decoder.decode(bytes, { stream: true });
        },
        close: () => resolve(said === "" ? null : said),
      },
    });
  });
}
