/** The fields of a definition one after the other, on the executable: what they say is read back from real processes. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inState, runsOf } from "../faults/after-a-kill.ts";
import { apiClient } from "../helpers/api-client.ts";
import { outputClient } from "../helpers/output-client.ts";
import { isAlive, isRoot, procFile } from "../helpers/processes.ts";
import { startService } from "../helpers/service.ts";
import { until } from "../helpers/until.ts";

setDefaultTimeout(30_000);

const SLEEP = "exec sleep 600";

async function world() {
  const service = await startService();
  const client = apiClient(service.url);
  const { text } = outputClient(service.url);
  const ok = async (path: string, body?: object): Promise<void> => {
    const response = await client.post(path, body);
    if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
  };
  return {
    service,
    ...client,
    ok,
    /** Defines a task `t`, and settles when it is so. */
    define: (definition: object, wait = "running") =>
      ok(`/tasks?wait=${wait}`, { name: "t", type: "daemon", cmd: SLEEP, ...definition }),
    output: (replica = 0) => text(`tasks/t/output?replica=${replica}`),
    said: (words: string, replica = 0) =>
      until(async () => {
        const all = await text(`tasks/t/output?replica=${replica}`);
        return all.includes(words) && all;
      }, `${replica} says ${words}`),
    pid: async () => (await client.instance("t")).pid ?? 0,
  };
}

/** The last column of /proc/<pid>/limits that is asked for: soft and hard. */
function limitOf(pid: number, name: string): (string | undefined)[] {
  const line = procFile(pid, "limits")
    .split("\n")
    .find((each) => each.startsWith(name));
  return line?.slice(name.length).trim().split(/\s+/).slice(0, 2) ?? [];
}

const statusOf = (pid: number, name: string) =>
  new RegExp(`^${name}:\\s*(.*?)\\s*$`, "m").exec(procFile(pid, "status"))?.[1];

describe.if(process.platform === "linux")("the system says of the process itself", () => {
  const limits = { nofile: 321, nproc: 5000, core: 0, cpu: 50, as: 4_000_000_000, fsize: 1_000_000 };

  test.each(isRoot ? [{}, { user: "www-data" }] : [{}])(
    "limits, umask and niceness, %p",
    async (identity) => {
      const { define, pid } = await world();
      await define({ limits, umask: "027", nice: 5, ...identity });
      const process = await pid();
      const names = {
        nofile: "Max open files",
        nproc: "Max processes",
        core: "Max core file size",
        cpu: "Max cpu time",
        as: "Max address space",
        fsize: "Max file size",
      };
      for (const [field, value] of Object.entries(limits))
        expect([field, ...limitOf(process, names[field as keyof typeof names])]).toEqual([
          field,
          String(value),
          String(value),
        ]);
      expect(statusOf(process, "Umask")).toBe("0027");
      const stat = procFile(process, "stat");
      expect(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[16]).toBe("5");
    },
  );

  test.if(isRoot)("its user, its group and the user's other groups", async () => {
    const { define, pid } = await world();
    await define({ user: "www-data", group: "daemon" });
    const of = (...args: string[]) =>
      Bun.spawnSync(["id", ...args])
        .stdout.toString()
        .trim();
    const [uid, gid] = [of("-u", "www-data"), of("-g", "daemon")];
    const process = await pid();
    expect(statusOf(process, "Uid")?.split("\t")).toEqual([uid, uid, uid, uid]);
    expect(statusOf(process, "Gid")?.split("\t")).toEqual([gid, gid, gid, gid]);
    const others = of("-G", "www-data").split(" ").slice(1);
    expect(new Set(statusOf(process, "Groups")?.split(" "))).toEqual(new Set([gid, ...others]));
  });

  test("cwd, and only the environment that it is to have, with its replica's own values", async () => {
    const { service, define, instance } = await world();
    for (const index of [0, 1]) mkdirSync(join(service.folder, `at-${index}`));
    const env = { PORT: "300{index}", EMPTY: "" };
    await define({ replica: 2, cwd: join(service.folder, "at-{index}"), env, inherit_env: ["PATH"] });
    for (const index of [0, 1]) {
      const { pid, run } = await instance("t", index);
      const variables = procFile(pid ?? 0, "environ")
        .split("\0")
        .filter((each) => each !== "" && !/^(PATH|PWD|OLDPWD|SHLVL|_|MEPROC_SERVICE)=/.test(each));
      expect(variables.sort()).toEqual(
        [
          "EMPTY=",
          `MEPROC_INDEX=${index}`,
          "MEPROC_REPLICAS=2",
          `MEPROC_RUN=${run}`,
          "MEPROC_TASK=t",
          `PORT=300${index}`,
        ].sort(),
      );
      expect(Bun.spawnSync(["readlink", `/proc/${pid}/cwd`]).stdout.toString()).toEndWith(`/at-${index}\n`);
    }
  });
});

describe.if(process.platform !== "win32")("what it is given", () => {
  test("cmd: a line for the shell, or arguments that no shell touches", async () => {
    const { define, output, ok } = await world();
    await define({ cmd: "echo $((1 + 1)) {index}", type: "once" }, "exited");
    await ok("/tasks", { name: "u", cmd: ["echo", "$((1 + 1))", "{index}"], type: "once" });
    expect(await output()).toBe("2 0\n");
  });

  test("env_file: read at each start, below env", async () => {
    const { service, define, said, ok } = await world();
    const file = join(service.folder, "vars");
    writeFileSync(file, "# one\nexport A='first value'\nB=file\n");
    await define({ cmd: `echo "$A, $B"; ${SLEEP}`, env_file: file, env: { B: "task" } });
    await said("first value, task\n");
    writeFileSync(file, "A=second\n");
    await ok("/tasks/t/restart");
    await said("second, task\n");
  });

  test("stdin: what is sent to it, to one replica or all; else its end at once", async () => {
    const { service, define, said, ok } = await world();
    await define({ cmd: "while read -r line; do echo got $line; done", stdin: "pipe", replica: 2 });
    const send = async (query: string, body: string) => {
      const url = `${service.url}/api/v1/tasks/t/stdin${query}`;
      expect((await fetch(url, { method: "POST", body })).status).toBe(204);
    };
    await send("", "all\n");
    await send("?index=1", "one\n");
    expect(await said("got one\n", 1)).toBe("got all\ngot one\n");
    expect(await said("got all\n")).toBe("got all\n");
    await ok("/tasks?wait=exited", { name: "none", cmd: "cat", type: "once" });
  });
});

describe.if(process.platform !== "win32")("it is ended", () => {
  const trapping = (signal: string) =>
    `trap 'echo ${signal}; exit 0' ${signal}; echo up; while :; do sleep 0.05; done`;

  test("with stop.signal", async () => {
    const { define, said, ok, output } = await world();
    await define({ cmd: trapping("INT"), stop: { signal: "SIGINT" } });
    await said("up\n");
    await ok("/tasks/t/stop");
    expect(await output()).toBe("up\nINT\n");
  });

  test("by stop.command, which knows its pid", async () => {
    const { define, said, ok, output } = await world();
    await define({ cmd: trapping("USR1"), stop: { command: "kill -USR1 $MEPROC_PID" } });
    await said("up\n");
    await ok("/tasks/t/stop");
    expect(await output()).toContain("USR1\n");
  });

  test("by force after stop.timeout_ms, which may be changed while it runs", async () => {
    const { service, define, said, ok, pid } = await world();
    await define({
      cmd: "trap '' TERM; echo up; while :; do sleep 0.05; done",
      stop: { timeout_ms: 600_000 },
    });
    await said("up\n");
    const process = await pid();
    await fetch(`${service.url}/api/v1/tasks/t`, { method: "PATCH", body: '{"stop": {"timeout_ms": 100}}' });
    expect(await pid()).toBe(process);
    await ok("/tasks/t/stop");
    expect(isAlive(process)).toBe(false);
    expect((await runsOf(service, "t"))[0]).toMatchObject({ result: "stopped", exit_signal: "SIGKILL" });
  });

  test.if(process.platform === "linux")("when its tree takes more than max_memory_bytes", async () => {
    const { service, define } = await world();
    // the shell itself is small, what it starts is not
    const cmd = `sh -c 'x=$(head -c 60000000 /dev/zero | tr "\\0" x); sleep 600; echo $x'; true`;
    await define({ cmd, max_memory_bytes: 30_000_000, restart: { policy: "never" } });
    const { reason } = await inState(service, "t", "exited");
    expect(reason).toMatch(/^it used [\d.]+ MiB of memory, more than its 28.6 MiB$/);
    expect((await runsOf(service, "t"))[0]?.result).toBe("oom");
  });
});

describe.if(process.platform !== "win32")("reload", () => {
  test("is a signal to the process", async () => {
    const { define, said, ok, post, pid } = await world();
    const cmd = "trap 'echo again' HUP; echo up; while :; do sleep 0.05; done";
    await define({ cmd, reload: { signal: "SIGHUP" } });
    await said("up\n");
    const process = await pid();
    await ok("/tasks/t/reload");
    await said("again\n");
    expect(await pid()).toBe(process);
    await ok("/tasks", { name: "u", cmd: SLEEP, type: "daemon" });
    expect((await post("/tasks/u/reload")).status).toBe(409);
  });

  test("or a command that knows its pid, whose failure is told", async () => {
    const { service, define, ok, post, pid } = await world();
    const file = join(service.folder, "reloaded");
    await define({ reload: { command: `test ! -e ${file} && echo $MEPROC_PID > ${file}` } });
    await ok("/tasks/t/reload");
    expect(readFileSync(file, "utf8")).toBe(`${await pid()}\n`);
    const answer = await post("/tasks/t/reload");
    expect([answer.status, ((await answer.json()) as { detail: string }).detail]).toEqual([
      409,
      "The reload of t:0 failed: exit code 1",
    ]);
  });
});

describe.if(process.platform !== "win32")("restart", () => {
  test.each([
    [{ policy: "on_failure" }, "exit 0", "succeeded"],
    [{ policy: "on_failure", success_exit_codes: [0, 3] }, "exit 3", "succeeded"],
    [{ policy: "never" }, "exit 3", "failed"],
  ])("%p after %p: not again", async (restart, cmd, result) => {
    const { service, define } = await world();
    await define({ cmd, restart }, "exited");
    expect((await runsOf(service, "t")).map((run) => run.result)).toEqual([result as "failed"]);
  });

  test("on_failure: again and again until it is a success, after delay_ms", async () => {
    const { service, define } = await world();
    const cmd = `echo x >> ${service.folder}/tries; test $(wc -l < ${service.folder}/tries) -ge 3`;
    await define({ cmd, restart: { policy: "on_failure", delay_ms: 100, factor: 1, jitter: 0 } }, "exited");
    const runs = (await runsOf(service, "t")).toReversed();
    expect(runs.map(({ result, trigger }) => [result, trigger])).toEqual([
      ["failed", "api"],
      ["failed", "restart"],
      ["succeeded", "restart"],
    ]);
    const pauses = runs
      .slice(1)
      .map(({ started_at }, i) => Date.parse(started_at) - Date.parse(runs[i]?.ended_at ?? ""));
    for (const pause of pauses) expect(pause).toBeGreaterThanOrEqual(98);
  });

  test("given up on, it tries once more after retry_after_ms", async () => {
    const { service, ok } = await world();
    const cmd = `test -e ${service.folder}/ready && ${SLEEP}`;
    const restart = { max_restarts: 0, retry_after_ms: 1000 };
    await ok("/tasks", { name: "t", type: "daemon", cmd, restart });
    const failed = await inState(service, "t", "failed");
    expect(failed.reason).toBe("gave up: 0 restarts within 60 s; last: exit code 1");
    expect(failed.retry_at).not.toBeNull();
    writeFileSync(join(service.folder, "ready"), "");
    await inState(service, "t", "running");
  });
});

describe("health", () => {
  test("over http and tcp", async () => {
    const { define, ok, instance } = await world();
    let status = 503;
    const server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response("", { status }) });
    try {
      const often = { interval_ms: 20, retries: 1 };
      await define({ health: { http: `http://127.0.0.1:${server.port}/healthz`, ...often } });
      await ok("/tasks?wait=healthy", {
        name: "tcp",
        cmd: SLEEP,
        type: "daemon",
        health: { tcp: `127.0.0.1:${server.port}`, ...often },
      });
      const sick = await until(async () => {
        const now = await instance("t");
        return now.health === "unhealthy" && now;
      }, "it is unhealthy");
      expect([sick.state, sick.reason]).toEqual(["running", "HTTP status 503"]);
      status = 204;
      await ok("/tasks/t/start?wait=healthy");
    } finally {
      await server.stop(true);
    }
    await until(async () => (await instance("tcp")).health === "unhealthy", "nobody listens any more");
  });
});

test("autostart, description and labels: it is there, it waits, and is found", async () => {
  const { service, define, task, ok } = await world();
  await define({ autostart: false, description: "The shop", labels: { tier: "web" } }, "stopped");
  expect(await task("t")).toMatchObject({
    state: "stopped",
    desired: "stopped",
    why: "It is stopped, until somebody starts it.",
    description: "The shop",
  });
  await ok("/tasks", { name: "u", cmd: SLEEP, type: "daemon", labels: { tier: "db" } });
  await ok("/tasks/start?label=tier=web");
  await inState(service, "t", "running");
  const found = await fetch(`${service.url}/api/v1/tasks?label=tier=web`);
  expect(((await found.json()) as { items: { name: string }[] }).items.map(({ name }) => name)).toEqual([
    "t",
  ]);
});
