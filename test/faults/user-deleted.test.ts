/** Fault 26: the user of a task is deleted while it runs. The service has an /etc/passwd of its own for that. */
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, setDefaultTimeout, test } from "bun:test";
import { apiClient } from "../helpers/api-client.ts";
import { isAlive, isRoot, procFile } from "../helpers/processes.ts";
import { startService } from "../helpers/service.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import { until } from "../helpers/until.ts";
import { inState } from "./after-a-kill.ts";

setDefaultTimeout(30_000);

const ACCOUNT = "guest:x:54321:65534::/:/bin/sh\n";
const OWN_USERS = ["unshare", "--mount", "sh", "-c", 'mount --bind "$0" /etc/passwd && exec "$@"'];
const canMount =
  isRoot && process.platform === "linux" && Bun.spawnSync([...OWN_USERS, "/etc/passwd", "true"]).success;

test.if(canMount)(
  "what runs goes on and can be stopped; the next start says why there is none, and comes when there is one",
  async () => {
    const passwd = join(temporaryFolder(), "passwd");
    copyFileSync("/etc/passwd", passwd);
    const others = readFileSync(passwd, "utf8");
    writeFileSync(passwd, others + ACCOUNT);
    const service = await startService({ prefix: [...OWN_USERS, passwd] });
    const { post, instance, task } = apiClient(service.url);
    const cmd = "exec sleep 600";
    const defined = await post("/tasks?wait=running", {
      name: "g",
      type: "daemon",
      cmd,
      user: "guest",
      replica: 2,
    });
    expect(defined.status).toBe(201);
    const [{ pid }, { pid: second }] = [await instance("g"), await instance("g", 1)];
    expect(procFile(pid ?? 0, "status")).toContain("Uid:\t54321\t");

    writeFileSync(passwd, others);
    // a live change looks up nobody
    const patch = (body: object) =>
      fetch(`${service.url}/api/v1/tasks/g`, { method: "PATCH", body: JSON.stringify(body) });
    expect((await patch({ description: "x" })).status).toBe(200);
    expect((await instance("g")).pid).toBe(pid);
    expect((await post("/tasks/g/signal?index=0", { signal: "SIGKILL" })).status).toBe(200);
    const words = await until(async () => (await instance("g")).reason, "it cannot be started");
    expect(words).toBe("guest: there is no such user");
    expect((await task("g")).why).toContain(words);
    expect((await instance("g", 1)).pid).toBe(second);
    expect((await post("/tasks?wait=running", { name: "root", type: "daemon", cmd })).status).toBe(201);
    const refused = await post("/tasks", { name: "new", type: "once", cmd, user: "guest" });
    expect([refused.status, await refused.text()]).toEqual([
      400,
      expect.stringContaining("user: there is no such user"),
    ]);

    writeFileSync(passwd, others + ACCOUNT);
    await inState(service, "g", "running");
    writeFileSync(passwd, others);
    expect((await post("/tasks/g/stop")).status).toBe(200);
    expect(isAlive(second ?? 0)).toBe(false);
    const removed = await fetch(`${service.url}/api/v1/tasks/g`, { method: "DELETE" });
    expect(removed.status).toBe(204);
  },
);
