/** What the functions of a plugin are given beside the event. */
import type { Api, Context, Log, TaskState } from "../../conf/examples/plugins/meproc.d.ts";
import type { HostLink } from "./host-link.ts";
import type { LogWord } from "./protocol.ts";

/** So many lines a second are passed on. */
const LINES = 50;
const SECOND_MS = 1000;
const TEXT_LENGTH = 4096;

export function makeContext(link: HostLink, about: Pick<Context, "name" | "options" | "folder">): Context {
  return { ...about, log: makeLog(link), api: makeApi(link) };
}

/** What is too much is counted, and told with the next that is not. */
function makeLog(link: HostLink): Log {
  let [begun, said, left] = [0, 0, 0];
  const say = (level: LogWord) => (text: string) => {
    const now = performance.now();
    if (now - begun > SECOND_MS) [begun, said] = [now, 0];
    if (++said > LINES) {
      left++;
      return;
    }
    if (left > 0) link.send({ kind: "log", level: "warn", text: `${left} lines were left out` });
    left = 0;
    link.send({ kind: "log", level, text: String(text).slice(0, TEXT_LENGTH) });
  };
  return { debug: say("debug"), info: say("info"), warn: say("warn"), error: say("error") };
}

class CallError extends Error {
  override readonly name = "CallError";
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

function makeApi(link: HostLink): Api {
  const request = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const answer = await link.call(method, path, body ?? null);
    if (answer.status < 400) return answer.body;
    const { code = "internal", detail = `${answer.status}` } = (answer.body ?? {}) as Record<string, string>;
    throw new CallError(answer.status, code, `${method} ${path}: ${detail}`);
  };
  const pathOf = (name: string) => `/api/v1/tasks/${encodeURIComponent(name)}`;
  const task = async (name: string) => (await request("GET", pathOf(name))) as TaskState;
  const verb = (word: string) => async (name: string) =>
    (await request("POST", `${pathOf(name)}/${word}`)) as TaskState;
  return {
    request,
    task,
    tasks: async () => ((await request("GET", "/api/v1/tasks")) as { items: readonly TaskState[] }).items,
    start: verb("start"),
    stop: verb("stop"),
    restart: verb("restart"),
  };
}
