/** What a run's end is called: exit codes, signals, and commands that there are none of. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { apiClient } from "../helpers/api-client.ts";
import { legacyClient } from "../helpers/legacy-client.ts";
import { linesWith } from "../helpers/log-lines.ts";
import { type Service, startService } from "../helpers/service.ts";
import { until } from "../helpers/until.ts";

setDefaultTimeout(30_000);

/** Those that end a process and are not left to the kernel's own use. */
const SIGNALS =
  "HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM XCPU XFSZ VTALRM PROF IO SYS".split(
    " ",
  );

/** The instances of a task once all have ended. */
async function ended(service: Service, definition: { name: string; replica: number; cmd: string }) {
  const { task } = apiClient(service.url);
  expect((await legacyClient(service.url).post({ type: "once", ...definition })).status).toBe(200);
  return until(async () => {
    const { instances } = await task(definition.name);
    return instances.every(({ state }) => state === "exited") && instances;
  }, "all have ended");
}

const textOf = async (service: Service, name: string) =>
  String((await legacyClient(service.url).output(name))[`${name}:0`]);

describe("the result of a run", () => {
  test("every exit code from 0 to 255 is known", async () => {
    const service = await startService();
    const instances = await ended(service, { name: "codes", replica: 256, cmd: 'exit "$MEPROC_INDEX"' });
    expect(instances.map(({ exit_code }) => exit_code)).toEqual(
      Array.from({ length: 256 }, (_, code) => code),
    );
    expect(instances.every(({ exit_signal }) => exit_signal === null)).toBe(true);
    expect(instances[0]?.reason).toBeNull();
    expect(instances[3]?.reason).toBe("exit code 3");
    expect(linesWith(service.log(), /ended: exit code/)).toHaveLength(255);
  });

  test("every signal that ends a process is known by its name", async () => {
    const service = await startService();
    const cmd = `ulimit -c 0; set -- ${SIGNALS.join(" ")}; shift "$MEPROC_INDEX"; kill -s "$1" "$$"`;
    const instances = await ended(service, { name: "signals", replica: SIGNALS.length, cmd });
    const found = instances.map(({ exit_signal }) => exit_signal);
    expect(found).toEqual(SIGNALS.map((name) => `SIG${name}`));
    expect(instances.every(({ exit_code }) => exit_code === null)).toBe(true);
    expect(linesWith(service.log(), /ended: killed by SIG/)).toHaveLength(SIGNALS.length);
  });

  test("a signal without a name is an end like any other", async () => {
    const service = await startService();
    const [instance] = await ended(service, { name: "realtime", replica: 1, cmd: 'kill -40 "$$"' });
    expect(instance?.exit_signal ?? instance?.exit_code).toBeOneOf(["40", "signal 40", "SIGRT40", 168]);
  });

  test("what the service has stopped is called stopped, and no failure", async () => {
    const service = await startService();
    const { post, task } = apiClient(service.url);
    await post("/tasks", { name: "long", cmd: "sleep 600", type: "daemon" });
    await until(async () => (await task("long")).state === "running", "it runs");
    expect((await post("/tasks/long/stop")).status).toBe(200);
    expect(await task("long")).toMatchObject({
      state: "stopped",
      last_run: { result: "stopped", exit_signal: "SIGTERM" },
    });
    expect(service.log()).not.toMatch(/\[(WARN|ERROR)\]/);
  });
});

describe("a command that cannot be run", () => {
  test("one that is not found shows in the list, the log and the output", async () => {
    const service = await startService();
    const [instance] = await ended(service, { name: "lost", replica: 1, cmd: "no-such-command-at-all" });
    expect(instance).toMatchObject({ exit_code: 127, reason: "exit code 127: command not found" });
    expect(linesWith(service.log(), /lost:0\) ended/)).toEqual([
      "Process PID (lost:0) ended: exit code 127: command not found",
    ]);
    expect(await textOf(service, "lost")).toContain("no-such-command-at-all: ");
  });

  test.each([
    ["a file that is not executable", "/etc/passwd", 126],
    ["a directory", "/etc", 126],
    ["a shell line that is none", "if then (", 2],
  ])("%s", async (_what, cmd, code) => {
    const service = await startService();
    const [instance] = await ended(service, { name: "bad", replica: 1, cmd });
    expect(instance?.exit_code).toBe(code);
    expect(await textOf(service, "bad")).not.toBe("");
    expect(service.log()).toContain(`(bad:0) ended: exit code ${code}`);
  });

  test("a command with a NUL is refused, and not given back", async () => {
    const service = await startService();
    const { status, body } = await legacyClient(service.url).post({
      name: "nul",
      cmd: "echo secret\0",
      type: "once",
    });
    expect(status).toBe(400);
    expect(body.msg).toStartWith("Invalid JSON field: cmd: ");
    expect(body.msg).not.toContain("secret");
  });

  test("a command longer than the system takes fails in words", async () => {
    const service = await startService();
    await legacyClient(service.url).post({ name: "long", cmd: `: ${"x".repeat(300_000)}`, type: "once" });
    const failed = await until(async () => {
      const one = await apiClient(service.url).instance("long");
      return one.state === "failed" && one;
    }, "it has failed");
    expect(failed.reason).toBe("/bin/sh: command and environment are too long (E2BIG)");
    expect(service.log()).toContain(`Once Process (long:0) cannot be started: ${failed.reason}`);
  });

  test("a script that does not exist shows in the list, the log and the output", async () => {
    const service = await startService();
    const cmd = "/no/such/script.ts";
    await legacyClient(service.url).post({ name: "script", cmd, type: "coroutine" });
    const { instance } = apiClient(service.url);
    const failed = await until(async () => {
      const one = await instance("script");
      return one.state === "failed" && one;
    }, "it has failed");
    expect(failed.reason).toBe("the script does not exist");
    expect(service.log()).toContain(
      "Coroutine Process (script:0) cannot be started: the script does not exist",
    );
    await until(
      async () => (await textOf(service, "script")) === "meproc: the script does not exist\n",
      "it is in the output",
    );
  });

  test("a daemon that cannot be run is tried again after its interval", async () => {
    const service = await startService();
    await legacyClient(service.url).post({
      name: "lost",
      cmd: "no-such-command",
      type: "daemon",
      interval: 1,
    });
    const ends = () => linesWith(service.log(), /\(lost:0\) ended/).length;
    await until(() => ends() >= 3, "it has been tried three times");
    expect(service.log()).toContain("Process (lost:0) starts again in 1 ms");
  });
});
