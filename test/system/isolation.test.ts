/** What a process of a task has of the service: three descriptors, and nothing of its files. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runToEnd } from "../helpers/executable.ts";
import { legacyClient } from "../helpers/legacy-client.ts";
import { isRoot } from "../helpers/processes.ts";
import { type Service, startService } from "../helpers/service.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import { until } from "../helpers/until.ts";

setDefaultTimeout(30_000);

/** What it wrote, when it has ended. */
async function outputOf(
  service: Service,
  definition: { readonly name: string; readonly [field: string]: unknown },
): Promise<string> {
  const { output } = legacyClient(service.url);
  const answer = await fetch(`${service.url}/api/v1/tasks?wait=exited`, {
    method: "POST",
    body: JSON.stringify({ type: "once", ...definition }),
  });
  expect(answer.status).toBe(201);
  return String((await output(definition.name))[`${definition.name}:0`]);
}

const modeOf = (path: string): number => statSync(path).mode & 0o777;

describe.if(process.platform === "linux")("a process", () => {
  /** Those of the shell, which has no more than what it was given; whoever lists them has the folder open too. */
  const DESCRIPTORS = "ls /proc/$$/fd; true";
  const THREE = "0\n1\n2\n";

  test("has 0, 1 and 2 open, however it is started", async () => {
    const folder = temporaryFolder();
    const service = await startService({ folder, config: `socket = "${folder}/meproc.sock"` });
    // connections, streams and other runs are there while it is started
    const stream = await fetch(`${service.url}/api/v1/events`);
    await legacyClient(service.url).post({ name: "other", cmd: "exec sleep 1000", type: "daemon" });
    const unix = await fetch("http://localhost/api/v1/events", { unix: `${folder}/meproc.sock` });
    const list = ["sh", "-c", DESCRIPTORS];
    expect(await outputOf(service, { name: "shell", cmd: DESCRIPTORS })).toBe(THREE);
    expect(await outputOf(service, { name: "list", cmd: list })).toBe(THREE);
    expect(await outputOf(service, { name: "launched", cmd: list, umask: "022" })).toBe(THREE);
    expect(await outputOf(service, { name: "piped", cmd: list, stdin: "pipe" })).toBe(THREE);
    expect(await outputOf(service, { name: "hook", cmd: "true", hooks: { pre_start: list } })).toBe(THREE);
    if (isRoot)
      expect(await outputOf(service, { name: "user", cmd: DESCRIPTORS, user: "nobody" })).toBe(THREE);
    await stream.body?.cancel();
    await unix.body?.cancel();
  });

  test("has no more when a coroutine starts it", async () => {
    const service = await startService();
    const script = join(service.folder, "starts.ts");
    const command = JSON.stringify(["sh", "-c", DESCRIPTORS]);
    writeFileSync(script, `console.log(Bun.spawnSync(${command}).stdout.toString());`);
    await legacyClient(service.url).post({ name: "co", cmd: script, type: "coroutine" });
    await until(
      async () => String((await legacyClient(service.url).output("co"))["co:0"]).includes(THREE),
      "the coroutine has written",
    );
  });

  test.if(isRoot)("of another user reads neither database, token nor others' output", async () => {
    const service = await startService();
    writeFileSync(join(service.dataDir, "token"), "secret", { mode: 0o600 });
    await outputOf(service, { name: "other", cmd: "echo a secret", env: { SECRET: "hidden" } });
    const look = [
      `for file in $(echo ${service.dataDir} ${service.dataDir}/* ${service.logDir}/* ${service.dataDir}/run/*)`,
      `${service.dataDir}/meproc.db ${service.dataDir}/token ${service.logDir}/other:0-*.log`,
      `/proc/${service.pid}/environ /proc/${service.pid}/fd/1; do`,
      'if [ -d "$file" ]; then ls "$file"; else cat "$file"; fi 2>/dev/null && echo "read $file"; done; echo looked',
    ].join(" ");
    expect(await outputOf(service, { name: "curious", cmd: look, user: "nobody" })).toBe("looked\n");
  });
});

describe.if(process.platform !== "win32")("what the service keeps", () => {
  test("is narrowed at the start where it had become open to others, and told", async () => {
    const first = await startService();
    await first.stop();
    chmodSync(first.dataDir, 0o777);
    chmodSync(join(first.dataDir, "meproc.db"), 0o666);
    const service = await startService({ folder: first.folder });
    expect(modeOf(service.dataDir)).toBe(0o700);
    expect(modeOf(join(service.dataDir, "meproc.db"))).toBe(0o600);
    expect(service.log()).toContain(`${service.dataDir} was open to others (0777); it is 0700 now`);
    expect(service.log()).toContain("meproc.db was open to others (0666); it is 0600 now");
  });

  test("goes into no folder that others may write to", () => {
    const dataDir = join(temporaryFolder(), "shared");
    mkdirSync(dataDir);
    writeFileSync(join(dataDir, "something"), "");
    chmodSync(dataDir, 0o777);
    const { code, stderr } = runToEnd(["--port", "0", "--data-dir", dataDir]);
    expect(code).toBe(1);
    expect(stderr).toContain("others may write to it (0777)");
    expect(modeOf(dataDir)).toBe(0o777);
  });

  test.each(["meproc.db", "meproc.lock", "token"])("%s is not looked for behind a link", (name) => {
    const folder = temporaryFolder();
    const dataDir = join(folder, "data");
    mkdirSync(dataDir, { mode: 0o700 });
    writeFileSync(join(folder, "victim"), "precious");
    symlinkSync(join(folder, "victim"), join(dataDir, name));
    const { code, stderr } = runToEnd(["--port", "0", "--data-dir", dataDir]);
    expect([code, stderr]).toEqual([
      1,
      `meproc: ${dataDir}: ${join(dataDir, name)}: it is a symbolic link\n`,
    ]);
    expect(readFileSync(join(folder, "victim"), "utf8")).toBe("precious");
  });

  test("is not written through a link in the folder of logs", async () => {
    const folder = temporaryFolder();
    const victim = join(folder, "victim");
    writeFileSync(victim, "precious");
    const logDir = join(folder, "log");
    mkdirSync(logDir, { mode: 0o700 });
    const days = [0, 1].map((later) => new Date(Date.now() + later * 86_400_000).toISOString().slice(0, 10));
    for (const day of days)
      for (const end of ["log", "idx"]) symlinkSync(victim, join(logDir, `evil:0-${day}.${end}`));
    const service = await startService({ folder, args: ["--log-dir", logDir] }).catch(
      (error: unknown) => error,
    );
    // the helper reads the log where it lies else
    expect(service).toBeDefined();
    expect(readFileSync(victim, "utf8")).toBe("precious");
  });
});
