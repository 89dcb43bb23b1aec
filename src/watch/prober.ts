/** Looks once whether something is healthy: over HTTP, over TCP or with a command. Nothing of a look outlives it. */
import { connect } from "node:net";
import { commandFailure } from "../domain/command-end.ts";
import type { Commands, Probe, Prober, RunRequest } from "../domain/ports.ts";
import { codeOf } from "../platform/system-errors.ts";

const HEALTHY = null;
const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "the connection was refused",
  ConnectionRefused: "the connection was refused",
  ECONNRESET: "the connection was closed",
  ConnectionClosed: "the connection was closed",
  ENOTFOUND: "there is no such host",
  EAI_AGAIN: "the name of the host cannot be looked up",
  EHOSTUNREACH: "the host cannot be reached",
  ENETUNREACH: "the network cannot be reached",
  FailedToOpenSocket: "no connection can be opened",
};

export class LocalProber implements Prober {
  readonly #commands: Commands;

  constructor(commands: Commands) {
    this.#commands = commands;
  }

  async probe(
    request: RunRequest,
    check: Probe,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<string | null> {
    if (check.kind === "exec") {
      const { command, pid } = check;
      const end = await this.#commands.run(request, command, { timeoutMs, pid, quiet: true, signal });
      return commandFailure(end, timeoutMs);
    }
    const late = AbortSignal.timeout(timeoutMs);
    const either = AbortSignal.any([signal, late]);
    const problem =
      check.kind === "http" ? await probeHttp(check.url, either) : await probeTcp(check, either);
    if (problem === HEALTHY) return HEALTHY;
    if (signal.aborted) return "it was stopped";
    return late.aborted ? `no answer within ${timeoutMs} ms` : problem;
  }
}

/** An answer from 200 to 399, also one that leads elsewhere, which is not followed. */
async function probeHttp(url: string, signal: AbortSignal): Promise<string | null> {
  try {
    // a connection that is kept could hide that no new one is taken
    const { status, body } = await fetch(url, { redirect: "manual", keepalive: false, signal });
    await body?.cancel();
    return status >= 200 && status < 400 ? HEALTHY : `HTTP status ${status}`;
  } catch (error) {
    return inWords(error);
  }
}

function probeTcp(
  { host, port }: { readonly host: string; readonly port: number },
  signal: AbortSignal,
): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (problem: string | null) => {
      signal.removeEventListener("abort", abort);
      socket.destroy();
      resolve(problem);
    };
    const abort = () => end("it was stopped");
    socket.on("connect", () => end(HEALTHY));
    socket.on("error", (error) => end(inWords(error)));
    if (signal.aborted) return abort();
    signal.addEventListener("abort", abort);
  });
}

/** What is said never holds the URL, in which a secret may be. */
function inWords(error: unknown): string {
  const code = codeOf(error);
  return (code === null ? undefined : WORDS[code]) ?? `no answer (${code ?? "unknown error"})`;
}
