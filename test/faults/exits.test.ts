/** Fault 17: every exit code and every signal is told as it was. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { constants } from "node:os";
import { apiClient } from "../helpers/api-client.ts";
import { startService } from "../helpers/service.ts";
import { until } from "../helpers/until.ts";

setDefaultTimeout(60_000);

/** Those that do not end a process. */
const HARMLESS = ["SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGURG", "SIGWINCH"];
/** Other names of signals that are listed too. */
const ALIASES = ["SIGIOT", "SIGPOLL", "SIGUNUSED"];

async function endsOf(
  replica: number,
  cmd: string[],
): Promise<{ code: number | null; signal: string | null }[]> {
  const service = await startService();
  const api = apiClient(service.url);
  await api.post("/tasks", { name: "ends", type: "once", replica, cmd });
  return until(
    async () => {
      const { instances } = await api.task("ends");
      const ended = instances.every(({ state }) => state === "exited" || state === "failed");
      return ended ? instances.map(({ exit_code: code, exit_signal: signal }) => ({ code, signal })) : null;
    },
    "all have ended",
    40_000,
  );
}

describe.if(process.platform === "linux")("what a process ends with", () => {
  test("is told for each exit code", async () => {
    const ends = await endsOf(256, ["sh", "-c", "exit $MEPROC_INDEX"]);
    expect(ends).toEqual(ends.map((_, code) => ({ code, signal: null })));
  });

  test("is told for each signal", async () => {
    const names = Object.keys(constants.signals).filter(
      (name) => !HARMLESS.includes(name) && !ALIASES.includes(name),
    );
    const numbers = names.map((name) => constants.signals[name as NodeJS.Signals]).join(" ");
    const cmd = ["sh", "-c", `set -- ${numbers}; shift $MEPROC_INDEX; ulimit -c 0; kill -$1 $$; sleep 600`];
    const ends = await endsOf(names.length, cmd);
    expect(ends).toEqual(names.map((signal) => ({ code: null, signal })));
  });
});
