/** Faults 8, 9 and 10: what keeps a process from being started, and that the service lives on. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, closeSync, copyFileSync, mkdirSync, openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { apiClient } from "../helpers/api-client.ts";
import { whenDone } from "../helpers/cleanup.ts";
import { isRoot } from "../helpers/processes.ts";
import { type Service, startService } from "../helpers/service.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import { until } from "../helpers/until.ts";

setDefaultTimeout(30_000);

interface Ended {
  readonly result: string | null;
  readonly reason: string | null;
}

/** How the first run of a task ends that is defined now. */
async function endOf(service: Service, name: string, definition: Record<string, unknown>): Promise<Ended> {
  const api = apiClient(service.url);
  const answer = await api.post("/tasks", { name, type: "once", ...definition });
  expect(`${answer.status} ${await answer.text()}`).toStartWith("201");
  return until(async () => {
    const { instances, last_run } = await api.task(name);
    const [{ state, reason } = { state: "waiting", reason: null }] = instances;
    return state === "exited" || state === "failed" ? { result: last_run?.result ?? null, reason } : null;
  }, `${name} has ended`);
}

describe.if(process.platform === "linux")("no more descriptors (EMFILE)", () => {
  test("what is running goes on, what cannot be started says why, and all is well when there are some again", async () => {
    const service = await startService({ prefix: ["prlimit", "--nofile=90:90"] });
    const api = apiClient(service.url);
    await api.post("/tasks", {
      name: "many",
      cmd: "exec sleep 600",
      type: "daemon",
      replica: 100,
      interval: 1000,
    });
    const words = await until(async () => {
      const { instances } = await api.task("many");
      const tried = instances.every(({ state, reason }) => state === "running" || reason !== null);
      return tried ? instances.flatMap(({ reason }) => reason ?? []) : null;
    }, "each has been tried");
    expect(words.length).toBeGreaterThan(0);
    for (const each of words)
      expect(each).toContain("the service has too many files open; raise its limit (ulimit -n) (EMFILE)");
    const { instances } = await api.task("many");
    expect(instances.filter(({ state }) => state === "running").length).toBeGreaterThan(10);
    await fetch(`${service.url}/api/v1/tasks/many`, { method: "DELETE" });
    expect((await endOf(service, "after", { cmd: "true" })).result).toBe("succeeded");
  });
});

describe.if(process.platform === "linux" && isRoot)("no more processes (EAGAIN)", () => {
  test("is told in words, and the next start is fine", async () => {
    const service = await startService();
    const reached = await endOf(service, "none", {
      cmd: "/bin/true; exit $?",
      user: "games",
      limits: { nproc: 0 },
    });
    expect(reached.result).not.toBe("succeeded");
    expect(reached.reason).toMatch(/no more processes|exit code 2/);
    expect((await endOf(service, "after", { cmd: "true", user: "games" })).result).toBe("succeeded");
  });
});

describe.if(process.platform === "linux")("a program that cannot be started", () => {
  test("says why: missing, not executable, a directory, unreadable, being written to; and a missing folder", async () => {
    const folder = temporaryFolder();
    const at = (name: string) => join(folder, name);
    mkdirSync(at("directory"));
    writeFileSync(at("plain"), "#!/bin/sh\n");
    writeFileSync(at("unreadable"), "#!/bin/sh\necho\n");
    chmodSync(at("unreadable"), 0o111);
    copyFileSync("/bin/true", at("busy"));
    chmodSync(at("busy"), 0o755);
    const writer = openSync(at("busy"), "r+");
    whenDone(() => closeSync(writer));
    const service = await startService();
    const spawnError = (reason: string) => ({ result: "spawn_error", reason });
    const end = (name: string, fields: Record<string, unknown>) =>
      endOf(service, name, { cmd: [at(name)], ...fields });
    expect(await end("missing", {})).toEqual(spawnError(`${at("missing")}: it does not exist (ENOENT)`));
    expect(await end("plain", {})).toEqual(spawnError(`${at("plain")}: it is not executable (EACCES)`));
    expect(await end("directory", {})).toEqual(spawnError(`${at("directory")}: it is a directory (EACCES)`));
    expect(await end("busy", {})).toEqual(
      spawnError(`${at("busy")}: it is being written to at the moment (ETXTBSY)`),
    );
    expect(await endOf(service, "lost", { cmd: "true", cwd: at("nowhere") })).toEqual(
      spawnError(`cwd ${at("nowhere")}: it does not exist (ENOENT)`),
    );
    if (isRoot)
      // its interpreter is started, and may not read it
      expect((await end("unreadable", { user: "nobody" })).result).toBe("failed");
    const inShell = await endOf(service, "in-shell", { cmd: "no-such-program" });
    expect(inShell).toEqual({ result: "failed", reason: "exit code 127: command not found" });
  });
});
