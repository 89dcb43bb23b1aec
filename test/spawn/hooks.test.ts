/** Hooks, the ways of stopping, and commands beside a run, with real processes. */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { makeGate } from "../helpers/gate.ts";
import { linesOf } from "../helpers/lines.ts";
import { isAlive } from "../helpers/processes.ts";
import { until } from "../helpers/until.ts";
import { makeEngine } from "./engine.ts";

describe.if(process.platform === "linux")("hooks", () => {
  test("run before the process and after it, in its environment, and their output is its own", async () => {
    const { start } = makeEngine();
    const run = start(
      {
        cmd: "echo run; exit 3",
        env: { WHO: "w{index}" },
        hooks: {
          pre_start: "echo before $MEPROC_RUN $WHO x$MEPROC_PID",
          post_stop: ["sh", "-c", "echo after {index} $MEPROC_PID $MEPROC_EXIT_CODE"],
        },
      },
      2,
    );
    await run.gone();
    expect(run.told).toEqual(["spawned", "exited 3", "gone"]);
    expect(run.output()).toBe(`before ${run.request.run} w2 x\nrun\nafter 2 ${run.pid()} 3\n`);
  });

  test("a pre_start that fails keeps the process from being started", async () => {
    const { start } = makeEngine();
    const run = start({ cmd: "echo run", hooks: { pre_start: "exit 4", post_stop: "echo after" } });
    await run.gone();
    expect(run.told).toEqual(["pre_start: exit code 4"]);
    const missing = start({ hooks: { pre_start: ["no-such-program"] } });
    await missing.gone();
    expect(missing.told).toEqual(["pre_start: no-such-program: there is no such program in PATH (ENOENT)"]);
  });

  test("one that hangs is killed with everything that it started", async () => {
    const { start, folder } = makeEngine();
    const file = join(folder, "pids");
    const hang = `trap '' TERM; setsid sh -c 'echo $$ >> ${file}; exec sleep 600' & echo $$ >> ${file}; sleep 600`;
    const run = start({ hooks: { pre_start: hang, timeout_ms: 500 } });
    await run.gone();
    expect(run.told).toEqual(["pre_start: it was killed after 500 ms"]);
    expect(linesOf(file)).toHaveLength(2);
    expect(linesOf(file).filter((pid) => isAlive(Number(pid)))).toEqual([]);
  });

  test("what one leaves in the background ends with it", async () => {
    const { start, folder } = makeEngine();
    const file = join(folder, "pids");
    const gate = makeGate(folder);
    const run = start({
      cmd: gate.wait,
      hooks: {
        pre_start: `setsid -f sh -c 'echo $$ >> ${file}; exec sleep 600'; while [ ! -s ${file} ]; do :; done`,
      },
    });
    await until(() => run.told.includes("spawned"), "it runs");
    expect(isAlive(Number(linesOf(file)[0]))).toBe(false);
    gate.open();
    await run.gone();
  });

  test("a stop while one runs ends it, and nothing is started", async () => {
    const { start, folder } = makeEngine();
    const file = join(folder, "pids");
    const run = start({ hooks: { pre_start: `echo $$ >> ${file}; exec sleep 600` } });
    await until(() => linesOf(file).length === 1, "the hook runs");
    run.handle.terminate();
    await run.gone();
    expect(run.told).toEqual(["stopped before it was started"]);
    expect(isAlive(Number(linesOf(file)[0]))).toBe(false);
  });

  test("post_stop runs after a kill as well, and a second kill ends it", async () => {
    const { start, folder } = makeEngine();
    const file = join(folder, "pids");
    const run = start({ cmd: "sleep 600", hooks: { post_stop: `echo $$ >> ${file}; exec sleep 600` } });
    await until(() => run.told.includes("spawned"), "it runs");
    run.handle.kill();
    await until(() => linesOf(file).length === 1, "the hook runs");
    expect(run.told).toEqual(["spawned"]);
    run.handle.kill();
    await run.gone();
    expect(run.told).toEqual(["spawned", "exited SIGKILL", "gone"]);
  });

  test("those of a definition that has changed meanwhile are taken", async () => {
    const { start, folder, request } = makeEngine();
    const gate = makeGate(folder);
    const run = start({ cmd: gate.wait });
    await until(() => run.told.includes("spawned"), "it runs");
    run.handle.update(request({ cmd: gate.wait, hooks: { post_stop: "echo changed" } }).task);
    gate.open();
    await run.gone();
    expect(run.output()).toBe("changed\n");
  });
});

describe.if(process.platform === "linux")("stopping", () => {
  const trapping = (folder: string, signal: string) => {
    const gate = makeGate(folder);
    return `trap 'echo got ${signal}; exit 0' ${signal}; echo ready; ${gate.wait} & wait`;
  };

  test("sends the signal that is asked for", async () => {
    const { start, folder } = makeEngine();
    const run = start({ cmd: trapping(folder, "QUIT"), stop: { signal: "SIGQUIT" } });
    await until(() => run.told.includes("spawned") && run.output().includes("ready"), "it runs");
    run.handle.terminate();
    await until(() => run.output().includes("got QUIT"), "it hears the signal");
    run.handle.kill();
    await run.gone();
  });

  test("by a command runs that, with the pid, and the rest of the tree hears the signal after it", async () => {
    const { start, folder } = makeEngine();
    const file = join(folder, "pids");
    const run = start({
      cmd: `setsid -f sh -c 'echo $$ >> ${file}; exec sleep 600'; exec sleep 600`,
      stop: { command: "echo stopping $MEPROC_PID; kill -HUP $MEPROC_PID" },
    });
    await until(() => linesOf(file).length === 1, "it runs");
    run.handle.terminate();
    run.handle.terminate();
    await run.gone();
    expect(run.told).toEqual(["spawned", "exited SIGHUP", "gone"]);
    expect(run.output()).toBe(`stopping ${run.pid()}\n`);
    expect(isAlive(Number(linesOf(file)[0]))).toBe(false);
  });

  test("by a command that fails falls back to the signal, and says so", async () => {
    const engine = makeEngine();
    const run = engine.start({ cmd: "exec sleep 600", stop: { command: "exit 9" } });
    await until(() => run.told.includes("spawned"), "it runs");
    run.handle.terminate();
    await run.gone();
    expect(run.told).toEqual(["spawned", "exited SIGTERM", "gone"]);
    expect(engine.notes).toEqual(["meproc: stop: exit code 9"]);
  });

  test("reaches a process that somebody has halted", async () => {
    const { start } = makeEngine();
    const run = start({ cmd: "exec sleep 600" });
    await until(() => run.told.includes("spawned"), "it runs");
    run.handle.signal("SIGSTOP");
    run.handle.terminate();
    await run.gone();
    expect(run.told).toEqual(["spawned", "exited SIGTERM", "gone"]);
    expect(() => run.handle.signal("SIGHUP")).toThrow("There is no process");
  });
});

describe.if(process.platform === "linux")("a command beside a run", () => {
  const run = (command: string, options: { timeoutMs?: number; signal?: AbortSignal } = {}) => {
    const { commands, request } = makeEngine();
    return commands.run(request({}), command, { timeoutMs: 10_000, pid: 7, quiet: true, ...options });
  };

  test("tells its exit", async () => {
    expect(await run("exit $MEPROC_PID")).toEqual({
      kind: "exited",
      exit: { exit_code: 7, exit_signal: null },
    });
    expect(await run("kill -USR1 $$")).toEqual({
      kind: "exited",
      exit: { exit_code: null, exit_signal: "SIGUSR1" },
    });
  });

  test("is killed when it takes too long, and when nobody waits any more", async () => {
    expect(await run("exec sleep 600", { timeoutMs: 20 })).toEqual({ kind: "timeout" });
    const stop = new AbortController();
    const ended = run("exec sleep 600", { signal: stop.signal });
    stop.abort();
    expect(await ended).toEqual({ kind: "aborted" });
  });

  test("is not taken for a part of the run", async () => {
    const { commands, start, folder } = makeEngine();
    const gate = makeGate(folder);
    const file = join(folder, "pids");
    const main = start({ cmd: gate.wait });
    await until(() => main.told.includes("spawned"), "it runs");
    const check = commands.run(main.request, `echo $$ >> ${file}; exec sleep 600`, {
      timeoutMs: 60_000,
      pid: null,
    });
    await until(() => linesOf(file).length === 1, "the command runs");
    expect(main.handle.usage()?.processes).toBe(1);
    gate.open();
    await main.gone();
    expect(isAlive(Number(linesOf(file)[0]))).toBe(true);
    commands.close();
    expect(await check).toEqual({ kind: "aborted" });
  });

  test("is ended by the next service: nobody waits for it any more", async () => {
    const first = makeEngine();
    const file = join(first.folder, "pids");
    const ended = first.commands.run(first.request({}), `echo $$ >> ${file}; exec sleep 600`, {
      timeoutMs: 60_000,
      pid: null,
    });
    await until(() => linesOf(file).length === 1, "it runs");
    expect(first.next().engine.left()).toEqual([]);
    expect(await ended).toEqual({ kind: "exited", exit: { exit_code: null, exit_signal: "SIGKILL" } });
  });
});
