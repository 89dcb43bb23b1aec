/** `meproc upgrade` under busy processes: another executable, the same pid, the same children, no line lost. */
import { copyFileSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "bun:test";
import { apiClient } from "../helpers/api-client.ts";
import { executable, runToEnd } from "../helpers/executable.ts";
import { makeGate } from "../helpers/gate.ts";
import { legacyClient } from "../helpers/legacy-client.ts";
import { startService } from "../helpers/service.ts";
import { until } from "../helpers/until.ts";

const [built = ""] = executable();
const alone = executable().length === 1;

/** Lines are "<run> <number>"; returns what is not one more than the line before it. */
function gaps(logDir: string): string[] {
  const wrong: string[] = [];
  for (const name of readdirSync(logDir).filter((file) => /^busy.*\.log$/.test(file))) {
    const last = new Map<string, number>();
    for (const line of readFileSync(join(logDir, name), "utf8").trimEnd().split("\n")) {
      const [run = "", number = ""] = line.split(" ");
      if (Number(number) !== (last.get(run) ?? 0) + 1) wrong.push(`${name}: ${line}`);
      last.set(run, Number(number));
    }
  }
  return wrong;
}

test.skipIf(!alone)("50 busy processes keep their pids, their lines and their exit codes", async () => {
  const service = await startService();
  const { post, running } = legacyClient(service.url);
  const gate = makeGate(service.folder);
  const cmd = "i=0; while :; do i=$((i+1)); echo $MEPROC_RUN $i; [ $((i % 50)) = 0 ] && sleep 0.1; done";
  await post({ name: "busy", cmd, type: "daemon", replica: 50 });
  await post({ name: "last", cmd: `${gate.wait}; exit 7`, type: "once" });
  const before = await running("busy");
  const successor = join(service.folder, "meproc-next");
  copyFileSync(built, successor);
  const { code, stdout, stderr } = runToEnd(["upgrade", successor, "--data-dir", service.dataDir]);
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toContain(`has taken over, pid ${service.pid}`);
  const port = await until(
    () => [...service.terminal().matchAll(/Listen on: \S+:(\d+)/g)].at(1)?.[1],
    "it listens",
  );
  const next = legacyClient(`http://127.0.0.1:${port}`);
  expect(await next.running("busy")).toEqual(before);
  gate.open();
  const ended = () => apiClient(`http://127.0.0.1:${port}`).instance("last");
  await until(async () => (await ended()).state === "exited", "the once task ends");
  expect((await ended()).exit_code).toBe(7);
  await apiClient(`http://127.0.0.1:${port}`).post("/tasks/busy/stop");
  await next.output("busy");
  expect(gaps(service.logDir)).toEqual([]);
});

test.skipIf(!alone)("an executable that is no meproc is refused, and the service goes on", async () => {
  const service = await startService();
  for (const wrong of ["/bin/true", "/bin/echo", "/etc/passwd", join(service.folder, "missing")]) {
    const { code, stderr } = runToEnd(["upgrade", wrong, "--data-dir", service.dataDir]);
    expect([wrong, code, stderr.split("\n").length]).toEqual([wrong, 1, expect.any(Number)]);
    expect((await fetch(`${service.url}/healthz`)).status).toBe(200);
  }
});
